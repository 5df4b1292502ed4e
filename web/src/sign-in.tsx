import { useEffect, useState } from 'preact/hooks'
import { type Language, language, languages, words } from './i18n/words.ts'
import { fetchReady, type SignedIn, signIn } from './session/account.ts'
import { Avatar } from './ui/avatar.tsx'
import { Button } from './ui/button.tsx'
import { Icon } from './ui/icon.tsx'
import { Spinner } from './ui/small.tsx'

type Ready = Awaited<ReturnType<typeof fetchReady>>

/** One of the ready users; there are no passwords in a demo. */
export function SignIn() {
  const [ready, setReady] = useState<Ready | 'failed' | null>(null)
  const load = () => {
    setReady(null)
    fetchReady().then(setReady, () => setReady('failed'))
  }
  useEffect(load, [])
  const { signIn: texts, retry } = words.value
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <span class="logo">
          <Icon name="chat" size={30} />
        </span>
        <h1>{texts.title}</h1>
        <p>{texts.hint}</p>
        {ready === null && <Spinner />}
        {ready === 'failed' && (
          <p role="alert">
            {texts.failed} <Button onClick={load}>{retry}</Button>
          </p>
        )}
        {ready !== null && ready !== 'failed' && <Seats ready={ready} />}
        <p class="languages">
          {(Object.keys(languages) as Language[]).map((key) => (
            <button
              key={key}
              type="button"
              lang={key}
              aria-pressed={key === language.value}
              onClick={() => {
                language.value = key
              }}
            >
              {languages[key].languageName}
            </button>
          ))}
        </p>
      </div>
    </main>
  )
}

function Seats({ ready: { users, namespace } }: { ready: Ready }) {
  const sit = (account: SignedIn['account']) => signIn({ account, namespace })
  return (
    <ul class="seats">
      {users.map((user) => (
        <li key={user._id}>
          <button type="button" onClick={() => sit(user)} aria-label={words.value.signIn.as(user.nickName)}>
            <Avatar id={user._id} name={user.nickName} />
            <span>{user.nickName}</span>
            <Icon name="next" size={16} />
          </button>
        </li>
      ))}
    </ul>
  )
}
