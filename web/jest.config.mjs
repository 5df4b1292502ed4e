// npm run test:web: the tests in a browser alone.

import all from '../jest.config.mjs'
import { findChromium } from './browser/chromium.ts'

if (!findChromium()) {
  throw new Error(
    'Chromium is not on the PATH: install it (apt-get install chromium), or set CHAT_TEST_CHROMIUM',
  )
}

export default {
  ...all,
  rootDir: '..',
  globalSetup: '<rootDir>/web/browser/setup.ts',
  testMatch: ['<rootDir>/web/browser/*.browser.ts'],
  testTimeout: 90_000,
}
