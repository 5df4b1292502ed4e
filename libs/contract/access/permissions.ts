import { inboxPrefix, readerName, type Subjects, subjectsOf } from '../wire/subjects.ts'
import { type Role, type RoleName, roles } from './roles.ts'

export { jobKinds, type Role, type RoleName, roleNames, roles } from './roles.ts'

/** The subjects of a NATS user. A user may also answer requests (`allow_responses`). */
export type Permissions = { publish: string[]; subscribe: string[] }

/** @param root of the installation's subjects; `*` for all that share a server, as stacks of tests do */
export function permissionsOf(name: RoleName, root = 'chat'): Permissions {
  const role: Role = roles[name]
  const subjects = subjectsOf(root)
  return {
    publish: [
      ...new Set([
        ...asked(role, subjects),
        ...events('tells', role, subjects),
        ...streamRequests(role, subjects),
      ]),
    ],
    subscribe: [`${inboxPrefix(name)}.>`, ...served(role, subjects), ...events('hears', role, subjects)],
  }
}

const asked = ({ asks, presence }: Role, { rpcOf, everyPresence }: Subjects) => [
  ...asks.map(rpcOf),
  ...(presence?.asks ?? []).map(everyPresence),
]

/** Events are published (`tells`) and heard (`hears`) on the same subjects. */
const events = (side: 'tells' | 'hears', role: Role, subjects: Subjects) => [
  ...(role[side]?.room ?? []).map(subjects.everyRoom),
  ...(role[side]?.user ?? []).map(subjects.everyUser),
  ...(role.roll ? [subjects.roll] : []),
  ...(role.words ? [subjects.words] : []),
  ...(role.stream?.recovers ? [subjects.everyWriter] : []),
]

/** One instance answers a request: its user may subscribe within the service's queue group only. */
const served = ({ serves, jobs, presence }: Role, subjects: Subjects) => [
  ...(serves ? [`${subjects.rpc(serves, '*')} ${serves}`] : []),
  ...(jobs ?? []).map((kind) => `${subjects.jobs(kind, '*')} jobs`),
  ...(presence?.answers ?? []).map(subjects.everyPresence),
]

/** JetStream's API consists of requests. Each has its own subject. */
function streamRequests({ stream: use }: Role, { stream }: Subjects): string[] {
  if (!use) return []
  const api = (verb: string, ...more: string[]) => ['$JS.API', verb, stream, ...more].join('.')
  // The bare names belong to consumers of earlier versions, which are read and then deleted.
  const read = (consumer: string) => [
    ...['INFO', 'DELETE'].map((verb) => api(`CONSUMER.${verb}`, consumer)),
    ...['INFO', 'DURABLE.CREATE', 'RESET', 'MSG.NEXT'].map((verb) =>
      api(`CONSUMER.${verb}`, readerName(consumer)),
    ),
    `$JS.ACK.${stream}.${readerName(consumer)}.>`,
  ]
  const allowed = {
    surveys: [api('CONSUMER.LIST'), api('DIRECT.GET')],
    // It reads the stream by ephemeral consumers, whose names are not known beforehand.
    scrubs: [
      ...[api('CONSUMER.CREATE'), api('STREAM.MSG.DELETE')],
      ...['INFO', 'MSG.NEXT', 'DELETE'].map((verb) => api(`CONSUMER.${verb}`, '*')),
    ],
    owns: [api('STREAM.UPDATE'), api('STREAM.PURGE')],
    recovers: [api('CONSUMER.LIST'), api('DIRECT.GET')],
  }
  const ways = Object.keys(allowed) as (keyof typeof allowed)[]
  return [
    api('STREAM.INFO'),
    ...(use.surveys ? [] : [api('STREAM.CREATE')]),
    ...use.consumers.flatMap(read),
    ...(use.consumers.length > 0 ? [api('DIRECT.GET')] : []),
    ...ways.flatMap((way) => (use[way] ? allowed[way] : [])),
  ]
}
