import { createLogger, createMetrics, openBus } from '@chat/service'
import type { TestStack } from './stack.ts'

/** Opens a bus to a stack, to send requests as edges and services do. */
export const openTestBus = (stack: Pick<TestStack, 'natsUrl' | 'root'>) =>
  openBus({
    natsUrl: stack.natsUrl,
    name: 'test',
    root: stack.root,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    requestTimeoutMs: 10_000,
  })
