import { Type } from 'typebox'
import { clientOperations, type OperationName, rowOf } from '../operations/operations.ts'
import { EDGE_CODES, type ErrorCode } from '../wire/errors.ts'
import {
  roomServerEvents,
  type ServerEventRow,
  serverEvents,
  uploadServerEvents,
} from '../wire/server-events.ts'
import { documented, documentedEntities, type JsonSchema } from './json-schema.ts'

const CHANNEL = { $ref: '#/channels/chat' }
const message = (name: string) => ({ $ref: `#/channels/chat/messages/${name}` })

/** Every event that clients hear, with the name they listen to. Keys differ from operation names. */
const heard = [
  ...Object.entries(serverEvents).map(([name, event]) => ({ name, key: name, ...event })),
  ...named(roomServerEvents, 'roomId'),
  ...named(uploadServerEvents, 'syncKey'),
]

function named(table: Record<string, ServerEventRow>, id: string) {
  return Object.entries(table).map(([event, row]) => ({
    name: `${event}_{${id}}`,
    key: `${event}_${id}`,
    ...row,
  }))
}

/** The socket side as an AsyncAPI 3 document, made from the table that gateways dispatch by. */
export const asyncApi = (namespace = '/chat') => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Chat: the socket side',
    version: '1.0.0',
    description:
      'socket.io over websocket. A client emits an event with one payload and gets an ack: an envelope with `success`, `error` and `data`.',
  },
  servers: {
    gateway: {
      host: 'localhost:3000',
      protocol: 'ws',
      description: 'The gateway; auth: { token } at connecting',
    },
  },
  channels: {
    chat: {
      address: namespace,
      description: 'The socket.io namespace',
      messages: Object.fromEntries([...clientOperations.flatMap(asked), ...heard.map(told)]),
    },
  },
  operations: Object.fromEntries([
    ...clientOperations.map((name) => [eventOf(name), receiving(name)]),
    ...heard.map(({ key, summary }) => [
      key,
      { action: 'send', channel: CHANNEL, summary, messages: [message(key)] },
    ]),
  ]),
  components: { schemas: documentedEntities() },
})

const eventOf = (name: OperationName) => rowOf(name).event as string

const receiving = (name: OperationName) => ({
  action: 'receive',
  channel: CHANNEL,
  summary: rowOf(name).summary,
  messages: [message(eventOf(name))],
  reply: { channel: CHANNEL, messages: [message(`${eventOf(name)}.ack`)] },
})

const asked = (name: OperationName): [string, JsonSchema][] => {
  const { input, output, errors: codes } = rowOf(name)
  const event = eventOf(name)
  return [
    [event, { name: event, payload: documented(input) }],
    [`${event}.ack`, { name: `${event}.ack`, title: `The ack of ${event}`, payload: ackOf(output, codes) }],
  ]
}

const told = ({ key, name, summary, payload }: (typeof heard)[number]): [string, JsonSchema] => [
  key,
  { name, summary, payload: documented(payload) },
]

const ackOf = (output: Parameters<typeof documented>[0], codes: readonly ErrorCode[]): JsonSchema => ({
  oneOf: [
    documented(Type.Object({ success: Type.Literal(true), error: Type.Null(), data: output })),
    failureOf([...codes, 'CLIENT_ID_NO_EXISTS', ...EDGE_CODES]),
  ],
})

export function failureOf(codes: readonly string[]): JsonSchema {
  return {
    type: 'object',
    required: ['success', 'error', 'message', 'retryable', 'requestId'],
    properties: {
      success: { const: false },
      error: { enum: [...new Set(codes)] },
      data: {},
      message: { type: 'string' },
      retryable: { type: 'boolean' },
      requestId: { type: 'string' },
      retryAfterMs: { type: 'number' },
    },
  }
}
