import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard'
import { alerts, by, ofExporter, onServer } from './expression.ts'
import { datasource } from './panel.ts'

interface EventSpec {
  readonly name: string
  readonly expr: string
  readonly colour: string
  readonly title: string
  readonly text: string
  /** The value is when it happened, in milliseconds since 1970. */
  readonly isTime?: boolean
  readonly isOff?: boolean
}

/** What happened, drawn over all panels; each can be switched off. */
export const annotations: readonly AnnotationQuery[] = [
  event({
    name: 'Restarts',
    expr: `${onServer('pg_postmaster_start_time_seconds')} * 1000`,
    colour: 'red',
    title: 'PostgreSQL started',
    text: '{{server}}',
    isTime: true
  }),
  event({
    name: 'Failovers',
    expr: `changes(${onServer('pg_replication_is_replica')}[5m]) > 0`,
    colour: 'purple',
    title: 'Primary became standby, or standby primary',
    text: '{{server}}'
  }),
  event({
    name: 'Configuration loaded',
    expr: `${onServer('pg_postmaster_config_load_time_seconds')} * 1000`,
    colour: 'blue',
    title: 'Configuration loaded',
    text: '{{server}}',
    isTime: true
  }),
  event({
    name: 'Critical alerts',
    expr: alerts('alertstate="firing"', 'severity="critical"'),
    colour: 'dark-red',
    title: '{{alertname}}',
    text: '{{server}} {{datname}} {{team}}'
  }),
  event({
    name: 'New statements (deploys)',
    expr: `sum ${by('datname')} (increase(${onServer('pg_stat_statements_new_total')}[5m])) >= 5`,
    colour: 'green',
    title: 'Statements never seen before',
    text: '{{server}} {{datname}}',
    isOff: true
  }),
  event({
    name: 'Exporter restarts',
    expr: `${ofExporter('process_start_time_seconds')} * 1000`,
    colour: 'yellow',
    title: 'pgvitals started',
    text: '{{instance}}',
    isTime: true,
    isOff: true
  })
]

function event({ name, expr, colour, title, text, isTime, isOff }: EventSpec): AnnotationQuery {
  return {
    name,
    datasource,
    enable: !isOff,
    iconColor: colour,
    expr,
    step: '30s',
    titleFormat: title,
    textFormat: text,
    useValueForTime: isTime ?? false
  }
}
