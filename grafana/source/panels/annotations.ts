import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panel.ts'
import { alerts, increasesBy, ofExporter, onServer } from './promql.ts'

interface Event {
  readonly name: string
  readonly expr: string
  readonly colour: string
  readonly title: string
  readonly text: string
  /** The value is the time of the event, in milliseconds since 1970. */
  readonly isTime?: boolean
  readonly isOff?: boolean
}

const event = ({ name, expr, colour, title, text, isTime = false, isOff = false }: Event): AnnotationQuery => ({
  name,
  datasource,
  enable: !isOff,
  iconColor: colour,
  expr,
  step: '30s',
  titleFormat: title,
  textFormat: text,
  useValueForTime: isTime
})

/** Events drawn over all panels; each can be switched off in the dashboard. */
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
    name: 'Configuration reloads',
    expr: `${onServer('pg_postmaster_config_load_time_seconds')} * 1000`,
    colour: 'blue',
    title: 'PostgreSQL configuration loaded',
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
    name: 'New statements (deployments)',
    expr: `${increasesBy(['datname'], onServer('pg_stat_statements_new_total'), '[5m]')} >= 5`,
    colour: 'green',
    title: 'New statements',
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
