import { ChatError } from '@chat/client'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

type Page<T> = { list: T[]; nextCursor: string | null }
type State<T> = { list: T[]; cursor: string | null; isLoading: boolean; error: unknown }

const fresh = <T>(): State<T> => ({ list: [], cursor: null, isLoading: true, error: null })

/**
 * A list that the server gives in pages; begun anew whenever one of `deps` changes. As long as it is about the same
 * `subject`, what is there stays until the server has answered. An answer that comes too late is dropped.
 */
export function usePaged<T>(
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
  deps: unknown[],
  subject = '',
) {
  const [state, setState] = useState<State<T>>(fresh)
  const turn = useRef(0)
  const about = useRef(subject)
  const begin = () => {
    const isSame = about.current === subject
    about.current = subject
    setState((was) => (isSame && was.list.length > 0 ? { ...was, error: null } : fresh<T>()))
  }
  const load = async (cursor: string | undefined, held: T[]) => {
    turn.current += 1
    const own = turn.current
    if (cursor === undefined) begin()
    else setState((was) => ({ ...was, isLoading: true, error: null }))
    try {
      const page = await fetchPage(cursor)
      if (own === turn.current)
        setState({ list: [...held, ...page.list], cursor: page.nextCursor, isLoading: false, error: null })
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
      if (own === turn.current) setState((was) => ({ ...was, isLoading: false, error }))
    }
  }
  useEffect(() => void load(undefined, []), deps)
  const loadMore = () => state.cursor !== null && !state.isLoading && void load(state.cursor, state.list)
  return {
    ...state,
    /** There is nothing, which the server has said. */
    isEmpty: state.list.length === 0 && !state.isLoading && state.error === null,
    hasMore: state.cursor !== null && state.error === null,
    loadMore,
    /** What has failed: the next page, or all of it. */
    retry: () => (state.cursor === null ? void load(undefined, []) : loadMore()),
    reload: useCallback(() => void load(undefined, []), deps),
  }
}

/** The value once it has not changed for a moment: not every key that is pressed is worth a request. */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
