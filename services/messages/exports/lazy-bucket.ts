import { type Bucket, type BucketOptions, openBucket } from '@chat/service'

/** A bucket that is opened when it is first used, so that messages are sent and read while S3 is unavailable. */
export class LazyBucket {
  private readonly options: BucketOptions
  private opening: Promise<Bucket> | null = null

  constructor(options: BucketOptions) {
    this.options = options
  }

  open(): Promise<Bucket> {
    this.opening ??= openBucket(this.options).catch((error) => {
      this.opening = null
      throw error
    })
    return this.opening
  }

  async close() {
    const bucket = await this.opening?.catch(() => null)
    bucket?.close()
  }
}
