import { type Caller, type OperationName, rowOf } from '@chat/contract'
import { headers, type Msg } from '@nats-io/transport-node'
import { noteBytes } from '../process/heap.ts'
import type { Trace } from '../telemetry/tracing.ts'

/** Holds a request as JSON where the body of the message is bytes. */
const REQUEST_HEADER = 'Chat-Request'
/** Holds the request's position in a trace; see W3C's Trace Context. */
const TRACE_HEADER = 'traceparent'

/** An encoded request. `bytes` travel outside of the JSON. */
export type Body = { json: Uint8Array | string; bytes?: Uint8Array }
export type Request = { caller: Caller; input: unknown }

const encoder = new TextEncoder()
export const encode = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))

export function encodeRequest(name: OperationName, caller: Caller, input: unknown): Body {
  const field = rowOf(name).bytes
  if (field === undefined) return { json: encode({ caller, input }) }
  const { [field]: bytes, ...rest } = input as Record<string, unknown>
  return { json: JSON.stringify({ caller, input: rest }), bytes: bytes as Uint8Array }
}

/** The client limits header values to one line of text, so JSON goes there as base64. */
export function headersOf({ json, bytes }: Body, trace: Trace) {
  if (!bytes && trace === null) return undefined
  const header = headers()
  if (bytes) header.set(REQUEST_HEADER, Buffer.from(json).toString('base64'))
  if (trace !== null) header.set(TRACE_HEADER, trace)
  return header
}

export const traceOf = (request: Msg): Trace => request.headers?.get(TRACE_HEADER) || null

export const operationOf = ({ subject }: Msg) => subject.slice(subject.lastIndexOf('.') + 1) as OperationName

/** A request that cannot be read gives no input, which the operation's validator refuses. */
export function decodeRequest(request: Msg): Request {
  try {
    const { caller, input } = parse(request)
    if (typeof caller?.requestId === 'string' && typeof caller.userId === 'string') return { caller, input }
  } catch {
    // Not JSON, or nested too deep.
  }
  return { caller: { userId: '', requestId: 'unknown' }, input: undefined }
}

function parse(request: Msg): Request {
  const header = request.headers?.get(REQUEST_HEADER)
  if (!header) return request.json()
  noteBytes(request.data.length)
  const { caller, input } = JSON.parse(Buffer.from(header, 'base64').toString())
  const field = rowOf(operationOf(request)).bytes ?? 'data'
  return { caller, input: { ...input, [field]: request.data } }
}
