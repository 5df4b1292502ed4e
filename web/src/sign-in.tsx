import { useEffect, useState } from 'preact/hooks'
import { type Language, language, languages, words } from './i18n/words.ts'
import { signIn } from './session/account.ts'
import { type DemoSetup, fetchDemoSetup, type SignedIn } from './session/demo-api.ts'
import { Avatar } from './ui/avatar.tsx'
import { Button } from './ui/button.tsx'
import { Icon } from './ui/icon.tsx'
import { Spinner } from './ui/placeholder.tsx'

/** Picks one of the demo's users. */
export function SignIn() {
  const [setup, setSetup] = useState<DemoSetup | 'failed' | null>(null)
  const load = () => {
    setSetup(null)
    fetchDemoSetup().then(setSetup, () => setSetup('failed'))
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
        {setup === null && <Spinner />}
        {setup === 'failed' && (
          <p role="alert">
            {texts.failed} <Button onClick={load}>{retry}</Button>
          </p>
        )}
        {setup !== null && setup !== 'failed' && <DemoUsers setup={setup} />}
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

function DemoUsers({ setup: { users, namespace } }: { setup: DemoSetup }) {
  const signInAs = (account: SignedIn['account']) => signIn({ account, namespace })
  return (
    <ul class="seats">
      {users.map((user) => (
        <li key={user._id}>
          <button
            type="button"
            onClick={() => signInAs(user)}
            aria-label={words.value.signIn.as(user.nickName)}
          >
            <Avatar id={user._id} name={user.nickName} />
            <span>{user.nickName}</span>
            <Icon name="next" size={16} />
          </button>
        </li>
      ))}
    </ul>
  )
}
