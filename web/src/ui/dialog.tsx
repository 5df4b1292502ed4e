import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { Button, IconButton } from './button.tsx'

const shown = signal<ComponentChildren>(null)
export const openDialog = (content: ComponentChildren) => {
  shown.value = content
}
export const closeDialog = () => {
  shown.value = null
}

/** The page's only dialog. The browser keeps the focus inside. */
export const Dialogs = () => <>{shown.value}</>

type Props = { title: string; class?: string; children: ComponentChildren; footer?: ComponentChildren }

export function Dialog({ title, children, footer, ...props }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
    return () => before?.focus()
  }, [])
  const onClick = (event: MouseEvent) => event.target === dialog.current && closeDialog()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same, by the browser
    <dialog
      class={`dialog ${props.class ?? ''}`}
      ref={dialog}
      aria-label={title}
      onClose={closeDialog}
      onClick={onClick}
    >
      <header>
        <h2>{title}</h2>
        <IconButton icon="close" label={words.value.close} onClick={closeDialog} />
      </header>
      <div class="dialog-body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  )
}

type ActionsProps = { label: string; isDisabled?: boolean; isDanger?: boolean; onAct: () => void }

/** A dialog's action and its Cancel button. */
export const DialogActions = ({ label, isDisabled = false, isDanger = false, onAct }: ActionsProps) => (
  <>
    <Button look="quiet" onClick={closeDialog}>
      {words.value.cancel}
    </Button>
    <Button look={isDanger ? 'danger' : 'main'} disabled={isDisabled} onClick={onAct}>
      {label}
    </Button>
  </>
)

/** Asks for confirmation before an action that cannot be undone. */
export const confirmFirst = (question: string, action: string, act: () => void) =>
  openDialog(
    <Dialog
      title={action}
      class="dialog-small"
      footer={
        <DialogActions
          label={action}
          isDanger
          onAct={() => {
            closeDialog()
            act()
          }}
        />
      }
    >
      <p>{question}</p>
    </Dialog>,
  )
