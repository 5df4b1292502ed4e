import { bytesOf, decodeKey, encodeKey, PAGE_BYTES } from '@chat/service'

/** A page of a list in the order of its keys. @param read up to `chunk` items after a key; only some may be shown */
export async function readPage<T, Shown extends { _id: string }>(
  { cursor, limit, chunk }: { cursor?: string | undefined; limit: number; chunk: number },
  read: (after: string) => Promise<T[]>,
  keyOf: (item: T) => string,
  show: (items: T[]) => Shown[] | Promise<Shown[]>,
): Promise<{ list: Shown[]; nextCursor: string | null }> {
  const list: Shown[] = []
  let bytes = 0
  for (let after = cursor === undefined ? '' : decodeKey(cursor); ; ) {
    const items = await read(after)
    for (const shown of await show(items)) {
      bytes += bytesOf(shown)
      if (list.length === limit || (bytes > PAGE_BYTES && list.length > 0))
        return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
      list.push(shown)
    }
    const last = items.at(-1)
    if (last === undefined || items.length < chunk) return { list, nextCursor: null }
    after = keyOf(last)
  }
}
