export { KeyedQueue } from '@chat/contract/keyed-queue'
export { BatchQueue } from './async/batch-queue.ts'
export { chunksOf } from './async/chunks.ts'
export { DutyCycle } from './async/duty-cycle.ts'
export { handleInHalves } from './async/halving.ts'
export { Periodic } from './async/periodic.ts'
export { RecentKeys } from './async/recent-keys.ts'
export { mapInSlices, TimeSlice } from './async/time-slice.ts'
export { TokenBucket, TokenBuckets, type TokenRate } from './async/token-bucket.ts'
export { TurnWrites } from './async/turn-writes.ts'
export { AnswerCache } from './bus/answer-cache.ts'
export { Bus, openBus } from './bus/bus.ts'
export { ConfirmedBroadcast, confirm, joinConfirmers } from './bus/confirmed-broadcast.ts'
export type { BusOptions } from './bus/connection.ts'
export { erasedMentions } from './bus/erased-mentions.ts'
export { FreshAnswers } from './bus/fresh-answers.ts'
export { handlersOf } from './bus/handlers.ts'
export { faultOf } from './bus/outage-fault.ts'
export { type Body, encode } from './bus/request-encoding.ts'
export { settle } from './bus/settle.ts'
export * from './jobs/job.ts'
export { serveJobs } from './jobs/job-operations.ts'
export { JobStore } from './jobs/job-store.ts'
export { eachJob, JobWorker, type Outcomes, type Reschedule } from './jobs/job-worker.ts'
export { LeaderLease } from './jobs/leader-lease.ts'
export { hold, type Lease } from './jobs/lease.ts'
export { type Outbox, openOutbox, type Publication } from './outbox/outbox.ts'
export { restoredState } from './outbox/outbox-state.ts'
export { QueueFull } from './outbox/publisher.ts'
export type { EventSource } from './outbox/recovery.ts'
export { eventsIn, type Stored, storedIndex } from './outbox/stored-events.ts'
export { type Auth, readAuth } from './process/config/auth.ts'
export { defaultLimits, type Limits } from './process/config/limits.ts'
export { readEdge, readMongo, readProcess, readS3, readS3Urls } from './process/config/process.ts'
export { areTexts, ConfigError, ConfigReader, type Parsed } from './process/config/reader.ts'
export { type Checks, serveHealth } from './process/health.ts'
export { tuneHeap } from './process/heap.ts'
export { closeHttp, connectionsOf, listen, retire } from './process/http.ts'
export { lowerPriority, runUntilStopped } from './process/run.ts'
export { openAll, Scope } from './process/scope.ts'
export { type ServiceOptions, serviceOptions } from './process/service-options.ts'
export { runService } from './process/service-process.ts'
export { MAX_EXPIRES_IN_S, mintToken } from './process/tokens.ts'
export { insertInOrder, insertMissing, writeEach } from './storage/bulk-writes.ts'
export { pairsOf } from './storage/character-pairs.ts'
export * from './storage/cursor.ts'
export { type Database, type IdOf, idRange, type LastNumber, wholeRoom } from './storage/database.ts'
export * from './storage/mongo.ts'
export { Bucket, type BucketOptions, openBucket, type Part } from './storage/s3.ts'
export { unlessMissing } from './storage/s3-client.ts'
export { type FailedEvents, openFailedEvents } from './stream/failed-events.ts'
export { isOutage } from './stream/outage.ts'
export type { Failure } from './stream/poison-events.ts'
export { isDurableRead, removeDurable } from './stream/retired-durable.ts'
export { ensureStream, removeStream, streamStatus, streamTime } from './stream/stream.ts'
export { awaitHandled, consumeEvents, type EventConsumer } from './stream/stream-consumer.ts'
export { eraseEventsOfKind, eraseRoomEvents, purgeRoomEvents } from './stream/stream-erasure.ts'
export {
  type AnyEvent,
  eventId,
  type NumberedKind,
  numberOf,
  type StreamEvent,
  type StreamKind,
} from './stream/stream-event.ts'
export { lastSequence, readEvents } from './stream/stream-reader.ts'
export { createLogger, type Logger } from './telemetry/logger.ts'
export { createMetrics, type Metrics } from './telemetry/metrics.ts'
export {
  currentTrace,
  noteCode,
  openTracing,
  type Trace,
  traced,
  tracedForAll,
  untraced,
} from './telemetry/tracing.ts'
