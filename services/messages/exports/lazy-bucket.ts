import { type Bucket, type BucketOptions, openBucket } from '@chat/service'

export type LazyBucket = ReturnType<typeof lazyBucket>

/** A bucket that is opened when it is first used, so that messages are sent and read while S3 is unavailable. */
export function lazyBucket(options: BucketOptions) {
  let opening: Promise<Bucket> | null = null
  const open = (): Promise<Bucket> => {
    opening ??= openBucket(options).catch((error) => {
      opening = null
      throw error
    })
    return opening
  }
  return { open, close: async () => (await opening?.catch(() => null))?.close() }
}
