import type { Span } from '@opentelemetry/api'
import { SpanStatusCode } from '@opentelemetry/api'
import type { mongo } from 'mongoose'
import { beginStep } from './tracing.ts'

/** Commands that the driver sends by itself. */
const OWN = new Set(['hello', 'ping', 'endSessions', 'killCursors'])

/** Makes each command a span of the current trace. The span holds no values of queries or documents. */
export function traceCommands(client: mongo.MongoClient) {
  const open = new Map<number, Span>()
  client.on('commandStarted', ({ requestId, commandName, databaseName, command }) => {
    if (OWN.has(commandName)) return
    const collection: unknown = command[commandName] ?? ''
    const target = typeof collection === 'string' ? collection : ''
    const span = beginStep({
      name: `${commandName} ${target}`.trim(),
      kind: 'client',
      attributes: {
        'db.system.name': 'mongodb',
        'db.namespace': databaseName,
        'db.collection.name': target,
        'db.operation.name': commandName,
      },
    })
    if (span) open.set(requestId, span)
  })
  const end = (requestId: number, failure?: Error) => {
    const span = open.get(requestId)
    if (failure) span?.setStatus({ code: SpanStatusCode.ERROR, message: failure.name })
    span?.end()
    open.delete(requestId)
  }
  client.on('commandSucceeded', ({ requestId }) => end(requestId))
  client.on('commandFailed', ({ requestId, failure }) => end(requestId, failure))
}
