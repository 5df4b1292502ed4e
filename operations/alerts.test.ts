import { readFile } from 'node:fs/promises'
import { roleNames } from '@chat/contract/permissions'
import { connectAs, eventually, makeRoom, sendText, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import { asFile } from './dashboard.ts'
import { rows } from './panels.ts'

// Every metric and label in the alerts and the dashboard exists.

type Alert = {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const { groups } = parse(await read('./prometheus/alerts.yml')) as { groups: { rules: Alert[] }[] }
const alerts = groups.flatMap(({ rules }) => rules)
const panels = rows.flatMap((row) => row.panels)
const expressions = [
  ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
  ...panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ name: title, expr }))),
]
/** Added by Prometheus. */
const added = { metrics: new Set(['up']), labels: new Set(['job', 'instance', 'le']) }

/** The metrics and labels in an expression, and whether it is valid. */
function parseExpression(expr: string) {
  const metrics = new Set<string>()
  const labels = new Set<string>()
  let isValid = true
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) isValid = false
      if (type.name === 'Identifier') metrics.add(expr.slice(from, to))
      if (type.name === 'LabelName') labels.add(expr.slice(from, to))
    },
  })
  return { metrics, labels, isValid }
}

let stack: TestStack
/** The labels of each metric, by its name. */
const known = new Map<string, Set<string>>()

beforeAll(async () => {
  stack = await startTestStack({ withProcess: true })
  const ann = await connectAs(stack, 'ann')
  ;(await connectAs(stack, 'ben')).close()
  const room = await makeRoom(ann, ['ben'])
  await sendText(ann, room._id)
  await eventually(async () => {
    await learn()
    expect(known.get('chat_consumer_batch_size_sum')).toContain('consumer')
  })
  ann.close()
  await learn()
})
afterAll(() => stack?.close())

/** Scrapes a gateway's port, as Prometheus does. */
async function learn() {
  const response = await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/metrics`)
  for (const line of (await response.text()).split('\n')) {
    const [, announced] = line.match(/^# TYPE (\w+)/) ?? []
    const [, name, labels = ''] = line.match(/^(\w+)(?:\{(.*)\})? /) ?? []
    if (announced) known.set(announced, known.get(announced) ?? new Set())
    if (name && !line.startsWith('#'))
      known.set(name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string)))
  }
}

test.each(expressions)(
  '$name is a valid expression of metrics and labels that a stack exposes',
  ({ expr }) => {
    const { metrics, labels, isValid } = parseExpression(expr)
    expect(isValid).toBe(true)
    expect([...metrics].filter((name) => !known.has(name) && !added.metrics.has(name))).toEqual([])
    const possible = new Set([...metrics].flatMap((name) => [...(known.get(name) ?? [])]))
    // A metric without samples has no labels to compare.
    if (possible.size === 0) return
    expect([...labels].filter((label) => !possible.has(label) && !added.labels.has(label))).toEqual([])
  },
)

test('the parser detects invalid expressions, and finds metrics and labels', () => {
  expect(parseExpression('sum(rate(').isValid).toBe(false)
  expect(parseExpression('sum by (code) (rate(chat_events{a="b"}[5m]))')).toMatchObject({
    metrics: new Set(['chat_events']),
    labels: new Set(['code', 'a']),
  })
})

test('no metric has a user, room or message as a label', () => {
  const labels = new Set([...known.values()].flatMap((each) => [...each]))
  for (const id of ['user', 'userId', 'room', 'roomId', 'messageId']) expect(labels).not.toContain(id)
})

test('counters that alerts use are exposed from 0, since a first sample of 1 is no increase', async () => {
  const response = await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/metrics`)
  const text = await response.text()
  for (const consumer of ['rooms', 'files', 'push'])
    expect(text).toContain(`chat_dead_letter_events_total{consumer="${consumer}"} 0\n`)
})

test('the gateway exposes the readiness of each dependency', async () => {
  const response = await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/metrics`)
  const text = await response.text()
  for (const dependency of ['nats', 'rooms', 's3'])
    expect(text).toContain(`chat_ready{dependency="${dependency}"} 1\n`)
})

test('Prometheus scrapes every service, and an alert names each that is gone', async () => {
  const services = roleNames.filter((name) => name !== 'operator')
  const { expr = '' } = alerts.find(({ alert }) => alert === 'ChatServiceGone') ?? {}
  expect([...expr.matchAll(/service="([\w-]+)"/g)].map(([, name]) => name).toSorted()).toEqual(
    services.toSorted(),
  )
  const { scrape_configs: jobs } = parse(await read('./prometheus/prometheus.yml')) as {
    scrape_configs: { job_name: string; dns_sd_configs: { names: string[] }[] }[]
  }
  const names = jobs.flatMap((job) => job.dns_sd_configs.flatMap((each) => each.names))
  expect(names.toSorted()).toEqual(services.toSorted())
})

test('the lag of each consumer is exposed', async () => {
  const response = await fetch(`${stack.gatewayUrl.replace('ws:', 'http:')}/metrics`)
  const text = await response.text()
  for (const consumer of ['rooms', 'files', 'push'])
    expect(text).toMatch(new RegExp(`chat_consumer_lag_seconds\\{consumer="${consumer}"\\} [\\d.]+`))
})

describe('each alert', () => {
  test.each(alerts)('$alert has a section in both runbooks', async ({ alert, annotations, labels }) => {
    expect(annotations.runbook).toBe(`docs/production.md#${alert.toLowerCase()}`)
    expect(['warning', 'critical']).toContain(labels.severity)
    for (const guide of ['../docs/production.md', '../docs/production.ko.md'])
      expect((await read(guide)).split('\n')).toContain(`#### ${alert}`)
  })
})

test('the dashboard file is the one generated from the panels', async () => {
  expect(await read('./grafana/chat.json')).toBe(asFile())
})
