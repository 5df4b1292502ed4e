// npm run env: writes .env for docker compose from .env.example, with a random value for each secret. An existing .env
// is kept.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const random = () => LETTERS[randomBytes(1)[0] % LETTERS.length] + randomBytes(24).toString('hex')
const text = readFileSync('.env.example', 'utf8').replace(/^(\w+)=$/gm, (line) => line + random())
try {
  writeFileSync('.env', text, { flag: 'wx', mode: 0o600 })
  console.log('.env is written, with secrets of your own')
} catch (error) {
  if (error.code !== 'EEXIST') throw error
  console.log('.env is there already, and stays as it is')
}
