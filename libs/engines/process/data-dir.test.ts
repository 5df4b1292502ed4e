import { expect, test } from '@jest/globals'
import { acquireDataDir } from '../index.ts'

test('a data folder that no file system can hold is refused, not tried for ever', async () => {
  await expect(acquireDataDir('/proc/no/such/place', { waitMs: 100 })).rejects.toThrow(/ENOENT|EACCES|EROFS/)
})
