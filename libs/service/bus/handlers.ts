import { type Caller, type Handlers, operationNames, rowOf, type ServiceName } from '@chat/contract'

type Operation<Parts> = (parts: Parts, caller: Caller, input: never) => Promise<unknown>

/** Handlers that pass `parts` to a service's operations. Whatever else `operations` holds is not served. */
export function handlersOf<S extends ServiceName, Parts>(
  service: S,
  parts: Parts,
  operations: Handlers<S, [Parts]>,
): Handlers<S> {
  const names = operationNames.filter((name) => rowOf(name).service === service)
  const byName = operations as Record<string, Operation<Parts>>
  const handlers = names.map((name) => [
    name,
    (caller: Caller, input: never) => byName[name]?.(parts, caller, input),
  ])
  return Object.fromEntries(handlers)
}
