import { expect, test } from '@jest/globals'
import { acquireDataDir } from '../index.ts'

test('a data folder that cannot be created is refused without endless retries', async () => {
  await expect(acquireDataDir('/proc/no/such/place', { waitMs: 100 })).rejects.toThrow(/ENOENT|EACCES|EROFS/)
})
