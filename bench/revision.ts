import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Clones another revision of this repository into `folder` and installs its packages.
 * @returns the URL of its benchmark's folder
 * @throws for the user, where there is no such revision
 */
export async function checkOut(revision: string, folder: string): Promise<URL> {
  const { stdout } = await run('git', ['rev-parse', '--verify', `${revision}^{commit}`], { cwd: root }).catch(
    () => {
      throw new Error(`There is no revision ${revision} in this repository`)
    },
  )
  const clone = join(folder, 'revision')
  await run('git', ['clone', '--quiet', '--shared', '--no-checkout', root, clone])
  await run('git', ['checkout', '--quiet', stdout.trim()], { cwd: clone })
  // Installs what is missing, then runs Node with this option.
  await run(process.execPath, ['scripts/setup.mjs', '--version'], { cwd: clone })
  return pathToFileURL(join(clone, 'bench/'))
}
