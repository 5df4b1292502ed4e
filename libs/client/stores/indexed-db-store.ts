import { type ClientStore, RECORD_KINDS, type StoreChange } from './store.ts'

const VERSION = 1

/**
 * A store in the browser's IndexedDB, in the database `chat:<name>`. `name` must differ between users of one browser
 * (use their id), or one would see and send what another wrote. The database is opened at the first use, and again
 * after the browser has closed it.
 */
export function indexedDbStore({ name }: { name: string }): ClientStore & { close(): Promise<void> } {
  let opening: Promise<IDBDatabase> | null = null
  const forget = () => {
    opening = null
  }
  const database = () => {
    opening ??= openDatabase(`chat:${name}`, forget).catch((error) => {
      forget()
      throw error
    })
    return opening
  }
  return {
    async read(kind, prefix) {
      const transaction = (await database()).transaction(kind)
      const request = transaction.objectStore(kind).getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`))
      await done(transaction)
      return request.result
    },
    async write(changes) {
      if (changes.length === 0) return
      const kinds = new Set(changes.map(({ kind }) => kind))
      const transaction = (await database()).transaction([...kinds], 'readwrite')
      try {
        for (const change of changes) apply(transaction, change)
      } catch (error) {
        // A value that cannot be stored throws here, after some of the others were put.
        transaction.abort()
        throw error
      }
      await done(transaction)
    },
    async close() {
      const open = opening
      forget()
      ;(await open)?.close()
    },
  }
}

function openDatabase(name: string, onClosed: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION)
    request.onupgradeneeded = () => {
      for (const kind of RECORD_KINDS) request.result.createObjectStore(kind)
    }
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      // Another tab wants to delete or upgrade the database, and waits until this one has closed it.
      database.onversionchange = () => {
        database.close()
        onClosed()
      }
      database.onclose = onClosed
      resolve(database)
    }
  })
}

function apply(transaction: IDBTransaction, { kind, key, value }: StoreChange) {
  const records = transaction.objectStore(kind)
  if (value === null) records.delete(key)
  else records.put(value, key)
}

const done = (transaction: IDBTransaction) =>
  new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
