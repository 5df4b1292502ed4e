import type { TSchema } from 'typebox'
import { Export } from '../operations/client/exports.ts'
import {
  Announcement,
  Author,
  File,
  JoinUser,
  Message,
  Presence,
  Room,
  Rules,
  User,
} from '../schemas/entities.ts'
import { RoomOutline, Webhook, WebhookDelivery } from '../schemas/webhook-events.ts'

/** JSON Schema of a document. */
export type JsonSchema = { [key: string]: unknown }

/** Schemas that documents refer to by name. */
const named: [name: string, schema: TSchema][] = [
  ['Room', Room],
  ['Message', Message],
  ['JoinUser', JoinUser],
  ['Announcement', Announcement],
  ['Author', Author],
  ['File', File],
  ['Rules', Rules],
  ['User', User],
  ['Presence', Presence],
  ['Export', Export],
  ['RoomOutline', RoomOutline],
  ['Webhook', Webhook],
  ['WebhookDelivery', WebhookDelivery],
]
const nameOf = new Map(named.map(([name, schema]) => [JSON.stringify(schema), name]))

/** A contract schema as plain JSON Schema, with named entities as references. */
export function documented(schema: TSchema): JsonSchema {
  return shortened(JSON.parse(JSON.stringify(schema))) as JsonSchema
}

/** The named entities of a document. */
export const documentedEntities = (): Record<string, JsonSchema> =>
  Object.fromEntries(
    named.map(([name, schema]) => {
      const parts = Object.entries(JSON.parse(JSON.stringify(schema)) as JsonSchema)
      return [name, Object.fromEntries(parts.map(([key, value]) => [key, shortened(value)]))]
    }),
  )

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened)
  if (typeof value !== 'object' || value === null) return value
  const name = nameOf.get(JSON.stringify(value))
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]))
}
