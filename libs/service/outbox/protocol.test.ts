import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Instance, World } from './testing/model.ts'

// Random crashes, stops and losses between any two steps. In the end, consumers have handled every acked event.

const STEPS = {
  begin: 8,
  arrive: 8,
  ack: 8,
  publish: 8,
  confirm: 7,
  renew: 8,
  look: 3,
  watch: 3,
  beginRecovery: 3,
  endRecovery: 3,
  noteHandled: 3,
  consume: 3,
  loseConfirmation: 1,
  fail: 1,
  stop: 1,
  resume: 2,
  crash: 1,
  start: 1,
  loseEnd: 1,
  purge: 0.3,
  makeAnew: 0.3,
}
type Step = keyof typeof STEPS

const step = fc.record({
  what: fc.oneof(
    ...Object.entries(STEPS).map(([what, weight]) => ({
      arbitrary: fc.constant(what as Step),
      weight: Math.ceil(weight * 10),
    })),
  ),
  who: fc.nat(3),
  count: fc.integer({ min: 1, max: 6 }),
})
const clockErrors = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 4 })

class Run {
  readonly world = new World()
  private readonly all: Instance[] = []
  private readonly present: Instance[] = []
  private readonly clockErrors: number[]

  constructor(clockErrors: number[]) {
    this.clockErrors = clockErrors
    for (let place = 0; place < clockErrors.length - 1; place++) this.start(place)
  }

  private start(place: number) {
    const error = this.clockErrors[place] as number
    const instance = new Instance(this.world, `i${this.all.length}`, error)
    instance.look()
    this.all.push(instance)
    this.present[place] = instance
  }

  private isGone = (id: string) => !this.all.find((each) => each.id === id)?.runs
  /** What a dead instance sent has arrived; what a stopped one sends later, it sends after its return. */
  private isLate = (id: string) => {
    const instance = this.all.find((each) => each.id === id)
    return instance?.isAlive ? instance.isStopped : !instance?.hasSending
  }

  take(what: Step, place: number, count: number) {
    const { world } = this
    const instance = this.present[place]
    world.time += count
    if (what === 'loseEnd') return world.loseEnd(count)
    if (what === 'purge' || what === 'makeAnew') return world[what]()
    if (what === 'consume') return world.consume(count)
    if (what === 'start') {
      if (!instance?.isAlive) this.start(place)
      return
    }
    if (!instance) return
    if (what === 'arrive') return instance.arrive()
    if (what === 'crash') {
      instance.isAlive = false
      return
    }
    if (what === 'resume') {
      if (instance.isAlive && instance.isStopped) instance.resume()
      return
    }
    if (!instance.runs) return
    if (what === 'watch') instance.watch(this.isGone, this.isLate)
    else if (what === 'beginRecovery') instance.beginRecovery(this.isGone)
    else instance[what]()
  }

  /** All instances end or go on, one more starts, and nothing is lost any more. */
  finish() {
    for (const instance of this.all) if (!instance.isAlive) instance.giveUp()
    for (const [place, instance] of this.present.entries())
      if (instance?.isStopped) this.take('resume', place, 1)
    if (!this.present[3]?.isAlive) this.start(3)
    const steps: Step[] = [
      'ack',
      'publish',
      'confirm',
      'renew',
      'look',
      'watch',
      'beginRecovery',
      'endRecovery',
    ]
    for (let round = 0; round < 60; round++)
      for (const what of steps) for (let place = 0; place < 4; place++) this.take(what, place, 1)
    this.world.consume(Number.POSITIVE_INFINITY)
  }
}

const property = fc.property(
  fc.array(step, { maxLength: 250, size: 'max' }),
  clockErrors,
  (steps, errors) => {
    const run = new Run(errors)
    for (const { what, who, count } of steps) run.take(what, who, count)
    run.finish()
    const { acked, handled, state } = run.world
    expect([...acked.difference(handled)]).toEqual([])
    expect(state).toMatchObject({ recovery: null })
  },
)

test('every acked event is handled in the end, whatever dies and is lost in between', () => {
  fc.assert(property, { numRuns: Number(process.env.CHAT_MODEL_RUNS ?? 1_500) })
})
