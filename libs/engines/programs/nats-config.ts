export type NatsUser = {
  name: string
  /** In the configuration's syntax: a quoted text, or `$NAME` for an environment variable of the server. */
  password: string
  /** The allowed subjects. Without it, the user may use all subjects. */
  permissions?: { publish: string[]; subscribe: string[] }
}

type Server = {
  host: string
  port: number
  folder: string
  monitor?: string
  /** Without users, no client signs in. */
  users?: NatsUser[]
  /** The user of clients that do not sign in. Without it they are refused. */
  guest?: string
}

/**
 * JetStream syncs every two minutes, its default: what a power cut takes from the stream is published again from the
 * stores. A stream reserves its maximum size, so the store's limit is set above that.
 */
export const natsConfig = ({ host, port, folder, monitor, users = [], guest }: Server): string => `
host: "${host}"
port: ${port}
max_payload: 8MB
jetstream {
  store_dir: ${JSON.stringify(folder)}
  max_file_store: 100TB
}
${monitor === undefined ? '' : `http: "${monitor}"\n`}${guest === undefined ? '' : `no_auth_user: ${guest}\n`}${
  users.length === 0 ? '' : `authorization {\n  users = [\n${users.map(userConfig).join('')}  ]\n}\n`
}`

/** The server counts one for each subscription that receives the request, and one for the answer. */
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
