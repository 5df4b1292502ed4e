import type { Bus } from '../bus/bus.ts'
import { managerOf, NO_CONSUMER, unlessCode } from './stream.ts'

type DurableName = { bus: Bus; durable: string }

/** Whether a process waits for events of a durable consumer. A process that died waits for half a minute more. */
export async function isDurableRead({ bus, durable }: DurableName): Promise<boolean> {
  const manager = await managerOf(bus)
  const info = await unlessCode([NO_CONSUMER], manager.consumers.info(bus.subjects.stream, durable))
  return info !== null && info.num_waiting > 0
}

/** Deletes a durable consumer that this version does not have any more. Does nothing where there is none. */
export async function removeDurable({ bus, durable }: DurableName): Promise<void> {
  const manager = await managerOf(bus)
  await unlessCode([NO_CONSUMER], manager.consumers.delete(bus.subjects.stream, durable))
}
