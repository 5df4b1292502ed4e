import { streamStatus } from '@chat/service'
import type { Command } from './command.ts'
import { fields, table } from './table.ts'
import { bytes, duration } from './units.ts'

const age = (ms: number) => (ms === 0 ? '-' : duration(ms))

export const lag: Command = {
  usage: '',
  takes: 'none',
  summary: 'How far each consumer is behind, and how full the event stream is',
  run: async ({ bus }) => {
    const { stream, consumers } = await streamStatus(bus)
    const rows = consumers.map(({ name, pending, ackPending, redelivered, oldestMs }) => [
      ...[name, pending, ackPending, redelivered, age(oldestMs)],
    ])
    return {
      data: { stream, consumers },
      lines: [
        ...fields([
          ['stream', stream.name],
          ['events', stream.messages],
          ['size', `${bytes(stream.bytes)} of ${bytes(stream.maxBytes)}`],
          ['oldest', stream.firstAt],
          ['newest', stream.lastAt],
          ['kept for', duration(stream.maxAgeMs)],
        ]),
        '',
        ...table(['consumer', 'pending', 'being handled', 'redelivered', 'oldest unhandled'], rows),
      ],
    }
  },
}
