import { useRef } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { IconButton } from '../ui/button.tsx'

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = () => {
    const field = input.current as HTMLInputElement
    onFiles([...(field.files ?? [])])
    field.value = ''
  }
  return (
    <>
      <IconButton icon="clip" label={words.value.compose.attach} onClick={() => input.current?.click()} />
      <input ref={input} type="file" multiple hidden onChange={onChange} />
    </>
  )
}
