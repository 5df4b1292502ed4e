import { ChatError } from '@chat/client'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

type Page<T> = { list: T[]; nextCursor: string | null }
type State<T> = { list: T[]; cursor: string | null; isLoading: boolean; error: unknown }

const fresh = <T>(): State<T> => ({ list: [], cursor: null, isLoading: true, error: null })

/**
 * A list that the server returns in pages, reloaded whenever one of `deps` changes. With the same `subject` the old list
 * stays until the server has answered. Answers to earlier requests are dropped.
 */
export function usePages<T>(
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
  deps: unknown[],
  subject = '',
) {
  const [state, setState] = useState<State<T>>(fresh)
  const lastRequest = useRef(0)
  const about = useRef(subject)
  const begin = () => {
    const isSame = about.current === subject
    about.current = subject
    setState((was) => (isSame && was.list.length > 0 ? { ...was, error: null } : fresh<T>()))
  }
  const load = async (cursor: string | undefined, before: T[]) => {
    lastRequest.current += 1
    const request = lastRequest.current
    if (cursor === undefined) begin()
    else setState((was) => ({ ...was, isLoading: true, error: null }))
    try {
      const page = await fetchPage(cursor)
      if (request === lastRequest.current)
        setState({ list: [...before, ...page.list], cursor: page.nextCursor, isLoading: false, error: null })
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
      if (request === lastRequest.current) setState((was) => ({ ...was, isLoading: false, error }))
    }
  }
  useEffect(() => void load(undefined, []), deps)
  const loadMore = () => state.cursor !== null && !state.isLoading && void load(state.cursor, state.list)
  return {
    ...state,
    /** The server has answered, and there is nothing. */
    isEmpty: state.list.length === 0 && !state.isLoading && state.error === null,
    hasMore: state.cursor !== null && state.error === null,
    loadMore,
    /** Repeats what failed: the next page, or the first. */
    retry: () => (state.cursor === null ? void load(undefined, []) : loadMore()),
    reload: useCallback(() => void load(undefined, []), deps),
  }
}

/** The value once it has not changed for `ms`, so that not every key press is a request. */
export function useDebounced<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
