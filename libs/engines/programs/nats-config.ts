/** Somebody who signs in to NATS. */
export type NatsUser = {
  name: string
  /** As the configuration spells it: a quoted text, or `$NAME` for a variable of the server's environment. */
  password: string
  /** The subjects allowed, and those of questions to be answered; everything where there is none. */
  permissions?: { publish: string[]; subscribe: string[] }
}

type Server = {
  host: string
  port: number
  /** Where JetStream keeps its data. */
  folder: string
  /** Where the server tells of itself over HTTP. */
  monitor?: string
  /** Without any, nobody signs in. */
  users?: NatsUser[]
  /** Who those are that do not sign in; they are refused without. */
  guest?: string
}

/**
 * A server's configuration. JetStream acks before it syncs unless told otherwise. A stream reserves its whole limit
 * when it is made, so the store's own limit is set beyond any: by default it is a share of the disk that is free by
 * chance.
 */
export const natsConfig = ({ host, port, folder, monitor, users = [], guest }: Server): string => `
host: "${host}"
port: ${port}
max_payload: 8MB
jetstream {
  store_dir: ${JSON.stringify(folder)}
  sync_interval: always
  max_file_store: 100TB
}
${monitor === undefined ? '' : `http: "${monitor}"\n`}${guest === undefined ? '' : `no_auth_user: ${guest}\n`}${
  users.length === 0 ? '' : `authorization {\n  users = [\n${users.map(userConfig).join('')}  ]\n}\n`
}`

/** The server counts one for each subscription that hears the question, and the answer on top. */
const MAX_ANSWERS = 4

const userConfig = ({ name, password, permissions }: NatsUser) =>
  permissions === undefined
    ? `    { user: ${name}, password: ${password} }\n`
    : `    {
      user: ${name}
      password: ${password}
      permissions {
        publish { allow: ${listOf(permissions.publish)} }
        subscribe { allow: ${listOf(permissions.subscribe)} }
        allow_responses { max: ${MAX_ANSWERS}, expires: "2m" }
      }
    }
`

const listOf = (subjects: string[]) =>
  `[\n${subjects.map((subject) => `          ${JSON.stringify(subject)}\n`).join('')}        ]`
