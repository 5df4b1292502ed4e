import { KeyedQueue } from '@chat/service'

/** Buffers that are used by one task at a time, which bounds the memory. */
export class BufferPool {
  private readonly buffers: Buffer[]
  private readonly queue = new KeyedQueue()
  private turn = 0

  /** @param bytes of each buffer; pages that are never written take no memory */
  constructor(count: number, bytes: number) {
    this.buffers = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(bytes))
  }

  run<T>(task: (buffer: Buffer) => Promise<T>): Promise<T> {
    const index = this.turn++ % this.buffers.length
    return this.queue.run(String(index), () => task(this.buffers[index] as Buffer))
  }
}
