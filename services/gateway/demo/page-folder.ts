import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@chat/service'
import { HOW_TO_BUILD, isWhole, type Page, readPage } from './built-page.ts'

const LOOK_AGAIN_MS = 500

/** The built page as it lies in its folder: built anew, it is read anew, and one that is not there yet is waited for. */
export class PageFolder {
  private readonly folder: string
  private readonly logger: Logger
  private latest: Page = new Map()
  private served: Page = new Map()
  private stamp = ''
  private lookedAt = Number.NEGATIVE_INFINITY
  private looking: Promise<void> | null = null

  constructor(folder: string, logger: Logger) {
    this.folder = folder
    this.logger = logger
  }

  /** Who has built nothing is told once, at the start: the chat does without. */
  async open() {
    const page = await this.now()
    if (page.size === 0)
      this.logger.warn(
        { folder: this.folder },
        `the demo page is not built: ${HOW_TO_BUILD}, or CHAT_DEMO=off; it is served as soon as it is there`,
      )
    return this
  }

  /** Empty where there is none. */
  async now(): Promise<Page> {
    if (performance.now() - this.lookedAt > LOOK_AGAIN_MS)
      this.looking ??= this.look()
        .catch((err) => this.logger.warn({ err }, 'the demo page was not read'))
        .finally(() => {
          this.lookedAt = performance.now()
          this.looking = null
        })
    await this.looking
    return this.served
  }

  private async look() {
    const stamp = await this.fingerprint()
    if (stamp === this.stamp) return
    const page = await readPage(this.folder)
    // While it is written, the one before is good.
    if (!isWhole(page) || (await this.fingerprint()) !== stamp) return
    // Whoever has loaded that one still asks for what belongs to it.
    this.served = new Map([...this.latest, ...page])
    this.latest = page
    this.stamp = stamp
  }

  private async fingerprint(): Promise<string> {
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
