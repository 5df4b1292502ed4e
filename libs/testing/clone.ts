import { cp, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const NOT_IN_A_CLONE = new Set(['node_modules', 'dist', '.git', '.chat-data', 'coverage', 'screenshots'])

/** A copy of the repository with the same packages, so that builds there do not disturb other tests. */
export async function makeClone() {
  const folder = await mkdtemp(join(tmpdir(), 'chat-clone-'))
  await cp('.', folder, { recursive: true, filter: (path) => !NOT_IN_A_CLONE.has(basename(path)) })
  await mkdir(join(folder, 'node_modules/@chat'), { recursive: true })
  for (const name of await readdir('node_modules'))
    if (name !== '@chat') await symlink(resolve('node_modules', name), join(folder, 'node_modules', name))
  // Workspace packages must lead to the copy's own sources.
  for (const name of await readdir('node_modules/@chat')) {
    const place = join('node_modules/@chat', name)
    await symlink(await readlink(place), join(folder, place))
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
