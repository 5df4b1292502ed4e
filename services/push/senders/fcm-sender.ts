import { type Credential, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging, type SendResponse } from 'firebase-admin/messaging'
import { JWT } from 'google-auth-library'
import { payloadOf } from './payload.ts'
import type { Outcome, Sender } from './sender.ts'
import type { ServiceAccount } from './service-account.ts'

/** No retry helps against these; others may pass. https://firebase.google.com/docs/cloud-messaging/error-codes */
const permanent: Record<string, 'gone' | 'refused'> = {
  'messaging/registration-token-not-registered': 'gone',
  'messaging/invalid-registration-token': 'gone',
  'messaging/invalid-argument': 'refused',
  'messaging/invalid-payload': 'refused',
  'messaging/payload-size-limit-exceeded': 'refused',
  // The device belongs to another project. It stays, since the credentials may be the wrong ones.
  'messaging/mismatched-credential': 'refused',
}

/** FCM reports a malformed token as an invalid argument: only the message tells them apart. */
const isMalformedToken = (code: string, message: string) =>
  code === 'messaging/invalid-argument' && /registration token/i.test(message)

function outcomeOf({ success, error }: SendResponse): Outcome {
  if (success) return { result: 'sent' }
  const { code = 'unknown', message = '' } = error ?? {}
  const result = isMalformedToken(code, message) ? 'gone' : (permanent[code] ?? 'later')
  return { result, reason: code }
}

/** May only send messages; the library's own credential has all rights of the account. */
function credentialOf({ clientEmail, privateKey }: ServiceAccount): Credential {
  const scopes = ['https://www.googleapis.com/auth/firebase.messaging']
  const client = new JWT({ email: clientEmail, key: privateKey, scopes })
  return {
    getAccessToken: async () => {
      const { token } = await client.getAccessToken()
      const expiresAt = client.credentials.expiry_date ?? Date.now()
      return { access_token: token ?? '', expires_in: Math.floor((expiresAt - Date.now()) / 1000) }
    },
  }
}

export function openFcmSender(account: ServiceAccount): Sender {
  // Apps of one process need different names.
  const options = { credential: credentialOf(account), projectId: account.projectId }
  const app = initializeApp(options, crypto.randomUUID())
  const messaging = getMessaging(app)
  return {
    send: async (pushes) => {
      const { responses } = await messaging.sendEach(pushes.map(payloadOf))
      return responses.map(outcomeOf)
    },
    close: () => deleteApp(app),
  }
}
