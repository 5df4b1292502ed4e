import { createPrivateKey } from 'node:crypto'
import { areTexts, type Parsed } from '@chat/service'

export type ServiceAccount = { projectId: string; clientEmail: string; privateKey: string }

export function parseServiceAccount(json: string): Parsed<ServiceAccount> {
  try {
    const { project_id: projectId, client_email: clientEmail, private_key: privateKey } = JSON.parse(json)
    if (!areTexts(projectId, clientEmail)) throw new TypeError('incomplete')
    createPrivateKey(privateKey)
    return { value: { projectId, clientEmail, privateKey } }
  } catch {
    return {
      problem: 'must be a service account: JSON with project_id, client_email and a private_key in PEM',
    }
  }
}
