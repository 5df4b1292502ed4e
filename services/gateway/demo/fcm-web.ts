import { ECDH } from 'node:crypto'
import { areTexts, type Parsed } from '@chat/service'

/** A web app as the Firebase console shows it, and the public key of its push certificates. None of it is secret. */
export type FcmWeb = {
  apiKey: string
  projectId: string
  messagingSenderId: string
  appId: string
  vapidKey: string
}

export function parseFcmWeb(json: string): Parsed<FcmWeb> {
  try {
    const { apiKey, projectId, messagingSenderId, appId, vapidKey } = JSON.parse(json)
    if (!areTexts(apiKey, projectId, messagingSenderId, appId, vapidKey)) throw new TypeError('incomplete')
    checkKey(vapidKey)
    return { value: { apiKey, projectId, messagingSenderId, appId, vapidKey } }
  } catch {
    return {
      problem:
        'must be the configuration of a Firebase web app: JSON with apiKey, projectId, messagingSenderId, appId, ' +
        'and as vapidKey the public key of its web push certificate',
    }
  }
}

/** A point on P-256, uncompressed, in base64url (RFC 8292, 3.2). */
function checkKey(vapidKey: string) {
  const key = Buffer.from(vapidKey, 'base64url')
  if (key.length !== 65 || key.toString('base64url') !== vapidKey) throw new TypeError('no such key')
  ECDH.convertKey(key, 'prime256v1')
}
