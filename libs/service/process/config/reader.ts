import { readFileSync } from 'node:fs'

/** What a document holds, or what is wrong with it. The problem shows nothing of the document. */
export type Parsed<T> = { value: T } | { problem: string }
type Env = Record<string, string | undefined>
type Options = {
  /** Secrets and keys that are not set are made up by the caller. Otherwise they are problems. */
  isDevelopment?: boolean
  /** The process starts no engines: their URLs must be set. */
  needsEngines?: boolean
  readText?: (path: string) => string
}

/** Every problem of a configuration at once, each naming its variable. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** Reads variables and collects the problems, each once and without a value. An empty variable counts as unset. */
export class ConfigReader {
  readonly isDevelopment: boolean
  readonly needsEngines: boolean
  private readonly env: Env
  private readonly readText: (path: string) => string
  private readonly problems = new Set<string>()

  constructor(env: Env, { isDevelopment = false, needsEngines = false, readText = readFile }: Options = {}) {
    this.env = env
    this.isDevelopment = isDevelopment
    this.needsEngines = needsEngines
    this.readText = readText
  }

  check() {
    if (this.problems.size > 0) throw new ConfigError([...this.problems])
  }

  text(name: string): string | null {
    return this.env[name]?.trim() || null
  }

  list(name: string, fallback: string[]): string[] {
    const items = this.text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean)
    return items?.length ? items : fallback
  }

  port(name: string, fallback: number): number {
    const value = this.text(name)
    if (value === null) return fallback
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
    return this.wrong(name, 'must be a port, 0 to 65535', fallback)
  }

  /** @param range both inclusive */
  number(name: string, fallback: number, [from, to]: [number, number]): number {
    const text = this.text(name)
    if (text === null) return fallback
    const value = Number(text)
    if (value >= from && value <= to) return value
    return this.wrong(name, `must be a number, ${from} to ${to}`, fallback)
  }

  url(name: string, protocols: string[]): string | null {
    const value = this.text(name)
    if (value === null || isUrl(value.split(',')[0] ?? '', protocols)) return value
    return this.wrong(name, `must be a URL beginning with ${anyOf(protocols)}`, null)
  }

  /** One or more URLs, comma-separated, all with the same protocol. */
  urls(name: string, protocols: string[]): string | null {
    const value = this.url(name, protocols)
    if (value === null) return null
    const urls = value.split(',').map((url) => url.trim())
    if (protocols.some((protocol) => urls.every((url) => isUrl(url, [protocol])))) return urls.join(',')
    return this.wrong(name, `must have ${anyOf(protocols)} before each server`, null)
  }

  engine<T>(name: string, url: T): T {
    return url === null && this.needsEngines && this.text(name) === null
      ? this.wrong(name, 'must be set', url)
      : url
  }

  matching(name: string, pattern: RegExp, hint: string, fallback: string): string {
    const value = this.text(name) ?? fallback
    return pattern.test(value) ? value : this.wrong(name, hint, fallback)
  }

  /** @param choices the first one is the default, unless a fallback is given */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]], fallback: T = choices[0]): T {
    const value = this.text(name) ?? fallback
    const chosen = choices.find((choice) => choice === value)
    return chosen ?? this.wrong(name, `must be one of ${choices.join(', ')}`, fallback)
  }

  /** JSON, or the path of a file that holds it. */
  document<T>(name: string, parse: (json: string) => Parsed<T>): T | null {
    const given = this.text(name)
    if (given === null) return null
    try {
      const outcome = parse(given.startsWith('{') ? given : this.readText(given))
      return 'value' in outcome ? outcome.value : this.wrong(name, outcome.problem, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return this.wrong(name, `names a file that cannot be read (${code})`, null)
    }
  }

  toggle(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (['on', 'true', '1'].includes(value)) return true
    if (['off', 'false', '0'].includes(value)) return false
    return this.wrong(name, 'must be on or off', fallback)
  }

  wrong<T>(name: string, problem: string, fallback: T): T {
    this.problems.add(`${name} ${problem}`)
    return fallback
  }
}

const readFile = (path: string) => readFileSync(path, 'utf8')
export const areTexts = (...values: unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && value !== '')

const anyOf = (protocols: string[]) => protocols.map((protocol) => `${protocol}://`).join(' or ')
const isUrl = (text: string, protocols: string[]) =>
  protocols.some((protocol) => text.startsWith(`${protocol}://`)) && URL.canParse(text)
