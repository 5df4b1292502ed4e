import { type Limits, TokenBucket, TokenBuckets } from '@chat/service'

export const userRates = (limits: Limits) => ({
  message: new TokenBucket({ perSecond: limits.messagesPerSecond, burst: limits.messageBurst }),
  read: new TokenBucket({ perSecond: limits.readsPerSecond, burst: limits.readBurst }),
})

/** The rate of one connection: every event that is neither a message, a read nor a file chunk. */
export const connectionRate = (limits: Limits) => new TokenBucket(eventRate(limits))

/**
 * The rate of a user's file downloads. It is apart from reads, since a page shows tens of pictures at once and does not
 * retry.
 */
export const fileRates = (limits: Limits) => new TokenBuckets(eventRate(limits))

const eventRate = ({ eventsPerSecond, eventBurst }: Limits) => ({
  perSecond: eventsPerSecond,
  burst: eventBurst,
})
