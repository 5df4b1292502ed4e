import type { NatsUser } from './programs/nats-config.ts'

export type EngineName = 'nats' | 'mongo' | 's3'
export type EngineUrls = { natsUrl: string; mongoUrl: string; s3Url: string }

/** One engine of the stack: where its URL comes from, and the programs that can play its part. */
export type Engine = {
  name: EngineName
  title: string
  variable: 'CHAT_NATS_URL' | 'CHAT_MONGO_URL' | 'CHAT_S3_URL'
  urlKey: keyof EngineUrls
  /** The preferred one first. */
  programs: Program[]
}

export type Program = {
  /** Its name on the PATH. */
  command: string
  /** Its folder in the data folder: programs do not read each other's files. */
  data: string
  /** Where it is in the cache of built engines; the exact version is part of the path. */
  cached: { folder: string; file: string }
  /** A ready-made binary from its makers: quick where the network allows it, given up soon where not. */
  download?: Recipe
  /** Made from its registry's sources. */
  build?: Recipe
  prepare: (site: Site) => Promise<Launch>
  /** Resolves when the program really answers at this URL, rejects while it does not. */
  answers: (url: string) => Promise<void>
}

/** A command that leaves a program in a folder. */
export type Recipe = {
  tool: string
  toolName: string
  args: (into: string) => string[]
  env: (into: string) => NodeJS.ProcessEnv
  /** The program's path in the folder, once the command has succeeded. */
  result: string
  takes: string
  /** Gives the command up when it has printed nothing after this many milliseconds. */
  patienceMs?: number
}

/** Where one run of a program takes place. */
export type Site = {
  folder: string
  port: number
  /** Who may sign in to NATS; one without permissions is also everybody who does not. */
  natsUsers?: NatsUser[] | undefined
}

/** What to run there, and the URL that it will have. */
export type Launch = {
  args: string[]
  env?: NodeJS.ProcessEnv
  url: string
  /** What it does may wait for what other engines do. */
  isBulk?: boolean
}
