export { Answers } from './answers.ts'
export type { Failure } from './batches.ts'
export { insertMissing, writeEach } from './bulk-writes.ts'
export { type Body, Bus, type BusOptions, encode, openBus } from './bus.ts'
export {
  type Auth,
  type Config,
  ConfigError,
  defaultLimits,
  type Limits,
  type Need,
  readConfig,
  type Tracing,
} from './config.ts'
export { erasedMentions } from './erased-mentions.ts'
export { EventLog } from './event-log.ts'
export type { FcmWeb } from './fcm-web.ts'
export { FreshAnswers } from './fresh-answers.ts'
export { pairsOf } from './grams.ts'
export { type Checks, serveHealth } from './health.ts'
export { closeHttp, connectionsOf, listen, retire } from './http.ts'
export { Lanes } from './lanes.ts'
export { createLogger, type Logger } from './logger.ts'
export { Metrics } from './metrics.ts'
export { type Connection, ensureIndexes, isDuplicate, openMongo, pingMongo } from './mongo.ts'
export { Pacing } from './pacing.ts'
export {
  bytesOf,
  cursorAfter,
  decodeCursor,
  decodeKey,
  encodeCursor,
  encodeKey,
  isTime,
  PAGE_BYTES,
} from './pages.ts'
export { Periodic } from './periodic.ts'
export { giveWay } from './priority.ts'
export { runService } from './process.ts'
export { confirm, joinRoll, Roll } from './roll.ts'
export { runUntilStopped } from './run.ts'
export { Bucket, type BucketOptions, openBucket, type Part } from './s3.ts'
export { unlessMissing } from './s3-client.ts'
export { openAll, Scope } from './scope.ts'
export type { ServiceAccount } from './service-account.ts'
export { faultOf, settle } from './settle.ts'
export {
  awaitHandled,
  consumeEvents,
  ensureDurable,
  ensureStream,
  hasDurable,
  removeStream,
  streamTime,
} from './stream.ts'
export { type AnyEvent, eventId, type NumberedKind, numberOf, type StreamEvent } from './stream-event.ts'
export { purgeRoom, scrubKind, scrubRoom } from './stream-scrubbing.ts'
export { surveyStream } from './stream-survey.ts'
export { type Surroundings, surround } from './surroundings.ts'
export { MAX_EXPIRES_IN_S, mintToken } from './tokens.ts'
export { currentTrace, noteCode, openTracing, type Trace, traced, tracedForAll, untraced } from './tracing.ts'
