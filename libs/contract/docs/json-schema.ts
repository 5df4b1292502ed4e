import type { TSchema } from 'typebox'
import { Export } from '../operations/messages/exports.ts'
import {
  Announcement,
  Author,
  File,
  JoinUser,
  Message,
  Presence,
  Room,
  RoomOutline,
  Rules,
  User,
} from '../schemas/entities.ts'
import { Webhook, WebhookDelivery } from '../schemas/webhook-events.ts'

export type JsonSchema = { [key: string]: unknown }

/** Schemas that documents refer to by name. */
const rooms = { Room, RoomOutline, Announcement, Rules, Message, File, Export }
const users = { JoinUser, Author, User, Presence }
const named = Object.entries<TSchema>({ ...rooms, ...users, Webhook, WebhookDelivery })
const nameOf = new Map(named.map(([name, schema]) => [JSON.stringify(schema), name]))

const plain = (schema: TSchema) => JSON.parse(JSON.stringify(schema)) as JsonSchema

/** A contract schema as plain JSON Schema, with named entities as references. */
export const documented = (schema: TSchema) => shortened(plain(schema)) as JsonSchema

export const documentedEntities = (): Record<string, JsonSchema> =>
  Object.fromEntries(named.map(([name, schema]) => [name, withoutEntities(plain(schema))]))

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened)
  if (typeof value !== 'object' || value === null) return value
  const name = nameOf.get(JSON.stringify(value))
  return name === undefined ? withoutEntities(value) : { $ref: `#/components/schemas/${name}` }
}

const withoutEntities = (value: object): JsonSchema =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]))
