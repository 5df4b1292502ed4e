import { permissionsOf, roleNames } from '@chat/contract/permissions'
import type { NatsUser } from '@chat/engines'

/**
 * Production's NATS users, for the tests' server. Each has its name as password. Tests themselves do not sign in and
 * may do anything. A subject that a role lacks fails a test at once.
 */
export const natsUsers: NatsUser[] = [
  ...roleNames.map((name) => ({
    name,
    password: JSON.stringify(name),
    permissions: permissionsOf(name, '*'),
  })),
  { name: 'test', password: '"test"' },
]

/** The URL of a server with these users, for one of them. */
export const signedIn = (natsUrl: string, user: string) => natsUrl.replace('://', `://${user}:${user}@`)
