import type { NatsUser } from './programs/nats-config.ts'

export type EngineName = 'nats' | 'mongo' | 's3'
export type EngineUrls = { natsUrl: string; mongoUrl: string; s3Url: string }

/** An engine of the stack: the variable of its URL, and the programs that can serve as it. */
export type Engine = {
  name: EngineName
  title: string
  variable: 'CHAT_NATS_URL' | 'CHAT_MONGO_URL' | 'CHAT_S3_URL'
  urlKey: keyof EngineUrls
  programs: Program[]
}

export type Program = {
  /** The program's name on the PATH. */
  command: string
  /** The program's folder in the data folder. Programs cannot read each other's files. */
  data: string
  cached: { folder: string; file: string }
  /** Downloads a release. Given up soon where the network does not allow it. */
  download?: Recipe
  build?: Recipe
  prepare: (site: Site) => Promise<Launch>
  /** Resolves when the program answers requests at this URL, and rejects while it does not. */
  answers: (url: string) => Promise<void>
}

export type Recipe = {
  tool: string
  toolName: string
  args: (into: string) => string[]
  env: (into: string) => NodeJS.ProcessEnv
  result: string
  takes: string
  /** Ends the command when it has printed nothing for this many milliseconds. */
  patienceMs?: number
}

/** The folder, port and users of one run of a program. */
export type Site = {
  folder: string
  port: number
  /** NATS users. One without permissions is also the user of clients that do not sign in. */
  natsUsers?: NatsUser[] | undefined
}

export type Launch = {
  args: string[]
  env?: NodeJS.ProcessEnv
  url: string
  /** May wait for other engines. */
  isBulk?: boolean
}
