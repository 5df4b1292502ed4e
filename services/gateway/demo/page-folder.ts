import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@chat/service'
import { HOW_TO_BUILD, isWhole, type Page, readPage } from './built-page.ts'

const CHECK_EVERY_MS = 500

/** Holds the built page in memory, and reads it again when its folder has changed or has come to be. */
export class PageFolder {
  private readonly folder: string
  private readonly logger: Logger
  private latest: Page = new Map()
  private served: Page = new Map()
  private fingerprint = ''
  private checkedAt = Number.NEGATIVE_INFINITY
  private checking: Promise<void> | null = null

  constructor(folder: string, logger: Logger) {
    this.folder = folder
    this.logger = logger
  }

  /** Warns once where no page is built: the chat works without it. */
  async open() {
    const page = await this.read()
    if (page.size === 0)
      this.logger.warn(
        { folder: this.folder },
        `the demo page is not built: run ${HOW_TO_BUILD}, or set CHAT_DEMO=off; it is served as soon as it is built`,
      )
    return this
  }

  /** Empty where no page is built. */
  async read(): Promise<Page> {
    if (performance.now() - this.checkedAt > CHECK_EVERY_MS)
      this.checking ??= this.check()
        .catch((err) => this.logger.warn({ err }, 'the demo page cannot be read'))
        .finally(() => {
          this.checkedAt = performance.now()
          this.checking = null
        })
    await this.checking
    return this.served
  }

  private async check() {
    const fingerprint = await this.takeFingerprint()
    if (fingerprint === this.fingerprint) return
    const page = await readPage(this.folder)
    // While a build writes the folder, the page before stays.
    if (!isWhole(page) || (await this.takeFingerprint()) !== fingerprint) return
    // Browsers that loaded the page before still ask for its assets.
    this.served = new Map([...this.latest, ...page])
    this.latest = page
    this.fingerprint = fingerprint
  }

  private async takeFingerprint(): Promise<string> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true }).catch(() => [])
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    const states = await Promise.all(
      files.toSorted().map(async (file) => {
        const { size, mtimeMs } = await stat(file)
        return `${file} ${size} ${mtimeMs}`
      }),
    )
    return states.join('\n')
  }
}
