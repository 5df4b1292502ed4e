import { fileURLToPath } from 'node:url'
import type { Recipe } from '../engine.ts'

/** `go install`, which prints the packages that it compiles. */
export const goInstall = (packageAtVersion: string, result: string, takes: string): Recipe => ({
  tool: 'go',
  toolName: 'Go (https://go.dev/dl)',
  args: () => ['install', '-v', packageAtVersion],
  env: (into) => ({ GOBIN: into }),
  result,
  takes,
})

/** `cargo install`. What was compiled before an interruption stays in the folder. */
export const cargoInstall = (crate: string, version: string, result: string, takes: string): Recipe => ({
  tool: 'cargo',
  toolName: 'Rust (https://rustup.rs)',
  args: (into) => ['install', crate, '--version', version, '--ignore-rust-version', '--root', into],
  env: (into) => ({
    CARGO_TARGET_DIR: `${into}/target`,
    // Builds several times faster, and runs as fast.
    CARGO_PROFILE_RELEASE_LTO: 'off',
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  }),
  result,
  takes,
})

/** MongoDB's official binary, in a process of its own: the downloader cannot be cancelled. */
export const mongodDownload = (version: string): Recipe => ({
  tool: process.execPath,
  toolName: 'the network',
  args: (into) => [fileURLToPath(new URL('./download.ts', import.meta.url)), version, into],
  env: () => ({}),
  result: 'mongod',
  takes: 'about a minute',
  patienceMs: 5000,
})
