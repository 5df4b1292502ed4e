import { type TOptional, type TProperties, type TSchema, type TStringOptions, Type } from 'typebox'

/** Strings from outside are well-formed Unicode; lengths count UTF-16 units. */
export const Text = (minLength: number, maxLength: number, more: TStringOptions = {}) =>
  Type.String({ format: 'well-formed', minLength, maxLength, ...more })

/** Longer than any configured `textLength`: that limit answers `MESSAGE_TOO_LONG`, this one `INVALID_REQUEST`. */
export const LongText = Text(1, 1_000_000)
export const Name = Text(1, 100)
export const FileName = Text(1, 255)
/** Opaque to clients. */
export const FilePath = Text(1, 1024)
/** Travels as bytes, never as text. */
export const Bytes = Type.Unsafe<Uint8Array>({ bytes: true })
export const Url = Text(1, 2048)
export const Cursor = Text(1, 500)
export const Timestamp = Type.String()
/** ISO 8601: a date (from midnight UTC), or a time with its offset. Forms in the server's time zone are refused. */
export const Instant = Type.String({
  format: 'instant',
  maxLength: 40,
  pattern:
    '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])(?:T(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,9})?)?(?:Z|[+\\-](?:[01]\\d|2[0-3]):[0-5]\\d))?$',
})
/** One mail address, by the grammar of HTML's `<input type=email>`. It cannot inject mail headers. */
export const Email = Type.String({
  maxLength: 254,
  pattern:
    "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\\-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?)*$",
})
export const Count = Type.Integer({ minimum: 0 })
/** A limit above the server's maximum is lowered, not refused. */
export const Limit = Type.Integer({ minimum: 1 })

/** When a token was issued, in whole seconds since the epoch, as in its `iat` claim. */
export const IssuedAt = Count
/** How long a mute lasts; for good if absent. */
export const MuteMinutes = Type.Integer({ minimum: 1, maximum: 5_256_000 })

/** Free-form JSON: at most 4 KB, depth 5, no `__proto__`, no key starting with `$`. */
export const FreeForm = Type.Unsafe<Record<string, unknown>>({ type: 'object', freeForm: true })

export const optional = <P extends TProperties>(properties: P) =>
  Type.Partial(Type.Object(properties as TProperties)).properties as { [K in keyof P]: TOptional<P[K]> }

/** What every list takes: how many at most, and the cursor of the page before. */
export const Paging = optional({ limit: Limit, cursor: Cursor })
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Result = Type.Object({ result: Type.Boolean() })

export const PageOf = <T extends TSchema>(item: T) =>
  Type.Object({ list: Type.Array(item), nextCursor: Nullable(Cursor) })
