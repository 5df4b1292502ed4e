import { answerParent } from '../child-process.ts'
import { type ClosedLoop, runClosedLoop, type Throughput } from './closed-loop.ts'
import { Crowd, type Outcome, type RoomPlan } from './crowd.ts'
import { type Latency, type OpenLoop, runOpenLoop } from './open-loop.ts'

/** The load generator's process. */
export type Generator = {
  open: (input: { url: string; plans: RoomPlan[] }) => Promise<void>
  closedLoop: (input: ClosedLoop) => Promise<Throughput>
  openLoop: (input: OpenLoop) => Promise<Latency>
  finish: (input: null) => Promise<Outcome>
}

let crowd = new Crowd()

const generator: Generator = {
  open: ({ url, plans }) => crowd.open(url, plans),
  closedLoop: (input) => runClosedLoop(crowd, input),
  openLoop: (input) => runOpenLoop(crowd, input),
  finish: () => {
    const finished = crowd
    crowd = new Crowd()
    return finished.finish()
  },
}

answerParent(generator, async () => {})
