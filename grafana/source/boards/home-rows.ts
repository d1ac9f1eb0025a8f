import { alerts, by, ofTeam, onServer, ratesBy } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { words } from '../house/mappings.ts'
import { stateTimeline } from '../house/state-panels.ts'
import { above } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const firing = (severity: string) => alerts('alertstate="firing"', `severity="${severity}"`)

export const homeAlerts: Row = {
  title: 'Alerts',
  panels: [
    stateTimeline({
      title: 'What fired when',
      about: [
        'each alert while it fired: red critical, orange warning.',
        'what began first is often the cause of the rest.',
        'empty.',
        'a click opens the board of alerts; every alert has a runbook.'
      ],
      unit: 'none',
      size: [24, 8],
      states: [
        {
          expr: `2 * max ${by('datname', 'alertname')} (${firing('critical')}) or max ${by('datname', 'alertname')} (${firing('warning')})`,
          legend: '{{alertname}} {{server}} {{datname}}'
        }
      ],
      mappings: words({ 1: ['warning', 'orange'], 2: ['critical', 'red'] }),
      empty: 'No alert fired',
      links: ['alerts']
    })
  ]
}

export const homeTrends: Row = {
  title: 'Trends',
  panels: [
    timeseries({
      title: 'Load by server',
      about: [
        'sessions that were executing a statement, on average.',
        'more than the machine has processors means that statements wait for one.',
        'its own shape of the day.',
        'the server, and there the load by database.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [{ expr: ratesBy([], onServer('pg_stat_database_active_time_seconds_total')), legend: '{{server}}' }],
      links: ['server']
    }),
    timeseries({
      title: 'Transactions by database',
      about: [
        'transactions committed or rolled back in a second.',
        'a sudden change is a deploy, an outage upstream, or a loop.',
        'its own shape of the day.',
        'the database.'
      ],
      unit: 'ops',
      size: [8, 8],
      lines: [
        {
          expr: ofTeam(
            `${ratesBy(['datname'], onServer('pg_stat_database_xact_commit'))} + ${ratesBy(['datname'], onServer('pg_stat_database_xact_rollback'))}`
          ),
          legend: '{{datname}} on {{server}}'
        }
      ],
      links: ['database']
    }),
    timeseries({
      title: 'Connections by server',
      about: [
        'connections in use in proportion to those that clients can have.',
        'at 1 nobody else can log in.',
        `below ${thresholds.connectionsUsedRatio.warning}.`,
        'the board "connections".'
      ],
      unit: 'percentunit',
      size: [8, 8],
      max: 1,
      steps: above(thresholds.connectionsUsedRatio),
      lines: [
        {
          expr: `${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0)`,
          legend: '{{server}}'
        }
      ],
      links: ['serverConnections']
    })
  ]
}
