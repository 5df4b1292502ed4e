import { type Role, type RoleName, roles } from './roles.ts'
import { inboxPrefix, type Subjects, subjectsOf } from './subjects.ts'

export { type Role, type RoleName, roleNames, roles } from './roles.ts'

/** The subjects that a NATS user may use; answering a request is allowed besides. */
export type Permissions = { publish: string[]; subscribe: string[] }

/**
 * @param root of the installation's subjects; `*` for all that share a server, as stacks of tests do
 */
export function permissionsOf(name: RoleName, root = 'chat'): Permissions {
  const role: Role = roles[name]
  const subjects = subjectsOf(root)
  return {
    publish: [
      ...new Set([...asked(role, subjects), ...told(role, subjects), ...streamRequests(role, subjects)]),
    ],
    subscribe: [`${inboxPrefix(name)}.>`, ...served(role, subjects), ...heard(role, subjects)],
  }
}

const asked = ({ asks, presence }: Role, { rpcOf, everyPresence }: Subjects) => [
  ...asks.map(rpcOf),
  ...(presence?.asks ?? []).map(everyPresence),
]

const told = ({ tells, roll, words }: Role, subjects: Subjects) => [
  ...(tells?.room ?? []).map(subjects.everyRoom),
  ...(tells?.user ?? []).map(subjects.everyUser),
  ...(roll ? [subjects.roll] : []),
  ...(words ? [subjects.words] : []),
]

/** Requests are for one of a service's instances: a user may hear them within the service's queue group only. */
const served = ({ serves, presence }: Role, subjects: Subjects) => [
  ...(serves ? [`${subjects.rpc(serves, '*')} ${serves}`] : []),
  ...(presence?.answers ?? []).map(subjects.everyPresence),
]

const heard = ({ hears, roll, words }: Role, subjects: Subjects) => [
  ...(hears?.room ?? []).map(subjects.everyRoom),
  ...(hears?.user ?? []).map(subjects.everyUser),
  ...(roll ? [subjects.roll] : []),
  ...(words ? [subjects.words] : []),
]

/** JetStream is asked by requests too, one subject each. */
function streamRequests({ stream: use, tells }: Role, { stream, everyRoom }: Subjects): string[] {
  if (!use) return []
  const consumers = use.consumers.flatMap((durable) => [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ])
  const lag = use.measuresLag ? [`$JS.API.DIRECT.GET.${stream}`] : []
  const keeping = [
    ...['STREAM.UPDATE', 'STREAM.PURGE', 'STREAM.MSG.DELETE'].map((verb) => `$JS.API.${verb}.${stream}`),
    // To look through a room's events it makes consumers that have no name beforehand.
    `$JS.API.CONSUMER.CREATE.${stream}`,
    ...['INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.*`),
    ...(tells?.room ?? []).map((kind) => `$JS.API.DIRECT.GET.${stream}.${everyRoom(kind)}`),
  ]
  return [
    ...[`$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.CREATE.${stream}`],
    ...consumers,
    ...lag,
    ...(use.owns ? keeping : []),
  ]
}
