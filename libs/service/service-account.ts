import { createPrivateKey } from 'node:crypto'

/** What Google gives for a project's back end, as far as it is needed. */
export type ServiceAccount = { projectId: string; clientEmail: string; privateKey: string }
export type ReadText = (path: string) => string

/** What a service account is, or what is wrong with it. Nothing that it holds is told. */
type Outcome = { account: ServiceAccount } | { problem: string }

/** @param value the account as JSON, or the path of it */
export function readServiceAccount(value: string, readText: ReadText): Outcome {
  if (value.startsWith('{')) return parse(value)
  try {
    return parse(readText(value))
  } catch (error) {
    return { problem: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

function parse(json: string): Outcome {
  try {
    const { project_id: projectId, client_email: clientEmail, private_key: privateKey } = JSON.parse(json)
    if (![projectId, clientEmail].every((text) => typeof text === 'string' && text !== ''))
      throw new TypeError('incomplete')
    createPrivateKey(privateKey)
    return { account: { projectId, clientEmail, privateKey } }
  } catch {
    return {
      problem: 'must be a service account: JSON with project_id, client_email and a private_key in PEM',
    }
  }
}
