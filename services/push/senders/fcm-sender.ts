import { type Credential, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging, type SendResponse } from 'firebase-admin/messaging'
import { JWT } from 'google-auth-library'
import { payloadOf } from './payload.ts'
import type { Outcome, Sender } from './sender.ts'
import type { ServiceAccount } from './service-account.ts'

type Result = Exclude<Outcome['result'], 'sent'>

/**
 * What FCM's errors mean for a device; the others may pass: quotas, outages, time-outs, credentials that are being
 * changed. https://firebase.google.com/docs/cloud-messaging/error-codes
 */
const meanings: Record<string, Result> = {
  'messaging/registration-token-not-registered': 'gone',
  'messaging/invalid-registration-token': 'gone',
  'messaging/invalid-argument': 'refused',
  'messaging/invalid-payload': 'refused',
  'messaging/payload-size-limit-exceeded': 'refused',
  // The device belongs to another project: should the credentials be the wrong ones, the devices are not.
  'messaging/mismatched-credential': 'refused',
}

/** A token that is none at all comes back as an invalid argument, of which only the sentence tells. */
const isNoToken = (code: string, message: string) =>
  code === 'messaging/invalid-argument' && /registration token/i.test(message)

function outcomeOf({ success, error }: SendResponse): Outcome {
  if (success) return { result: 'sent' }
  const { code = 'unknown', message = '' } = error ?? {}
  const result = isNoToken(code, message) ? 'gone' : (meanings[code] ?? 'later')
  return { result, reason: code }
}

/** May send messages and nothing else; the library's own kind may do everything that the account may. */
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

/** Firebase Cloud Messaging: Android, iOS and browsers. */
export function openFcmSender(account: ServiceAccount): Sender {
  // Apps of one process go by their names.
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
