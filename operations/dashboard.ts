import { type Panel, type Row, rows } from './panels.ts'

const COLUMNS = 3
const WIDTH = 8
const HEIGHT = 8

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in.
const source = { type: 'prometheus', uid: '${datasource}' }

/** The dashboard in Grafana's import format, made from the table of panels. */
export function dashboard() {
  let id = 0
  let y = 0
  const panels = rows.flatMap((row) => {
    const title = { id: ++id, type: 'row', title: row.title, gridPos: { h: 1, w: COLUMNS * WIDTH, x: 0, y } }
    const drawn = row.panels.map((panel, index) => draw(panel, ++id, placeOf(index, y + 1)))
    y += 1 + heightOf(row)
    return [title, ...drawn]
  })
  return {
    title: 'Chat',
    uid: 'chat-overview',
    tags: ['chat'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' }],
    },
    panels,
  }
}

const placeOf = (index: number, y: number) => ({
  h: HEIGHT,
  w: WIDTH,
  x: (index % COLUMNS) * WIDTH,
  y: y + Math.floor(index / COLUMNS) * HEIGHT,
})

const heightOf = ({ panels }: Row) => Math.ceil(panels.length / COLUMNS) * HEIGHT

const draw = ({ title, description, unit, queries }: Panel, id: number, gridPos: object) => ({
  id,
  type: 'timeseries',
  title,
  description,
  datasource: source,
  gridPos,
  fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 5 } }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: source,
    expr,
    legendFormat: legend,
  })),
})

export const asFile = () => `${JSON.stringify(dashboard(), null, 2)}\n`
