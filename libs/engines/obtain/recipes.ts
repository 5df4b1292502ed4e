import { fileURLToPath } from 'node:url'
import type { Recipe } from '../engine.ts'

/** `go install`, with the names of the packages as they are compiled. */
export const goInstall = (packageAtVersion: string, result: string, takes: string): Recipe => ({
  tool: 'go',
  toolName: 'Go (https://go.dev/dl)',
  args: () => ['install', '-v', packageAtVersion],
  env: (into) => ({ GOBIN: into }),
  result,
  takes,
})

/** `cargo install`; what was compiled before an interruption is kept in the folder. */
export const cargoInstall = (crate: string, version: string, result: string, takes: string): Recipe => ({
  tool: 'cargo',
  toolName: 'Rust (https://rustup.rs)',
  args: (into) => ['install', crate, '--version', version, '--ignore-rust-version', '--root', into],
  env: (into) => ({
    CARGO_TARGET_DIR: `${into}/target`,
    // Several times faster to build, and no slower in use.
    CARGO_PROFILE_RELEASE_LTO: 'off',
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  }),
  result,
  takes,
})

/** MongoDB's official binary, by a script in a process of its own: its downloader cannot be cancelled. */
export const mongodDownload = (version: string): Recipe => ({
  tool: process.execPath,
  toolName: 'the network',
  args: (into) => [fileURLToPath(new URL('./download.ts', import.meta.url)), version, into],
  env: () => ({}),
  result: 'mongod',
  takes: 'about a minute',
  patienceMs: 5000,
})
