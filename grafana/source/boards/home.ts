import { board } from '../house/board.ts'
import { alerts, by, ofTeam, onServer, ratesBy, teamDatabases } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { stateTimeline } from '../house/state-panels.ts'
import { above, anyIsCritical, anyWarns, below } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { server, team } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { databasesTable, serversTable } from './home-tables.ts'

const firing = (severity: string) => alerts('alertstate="firing"', `severity="${severity}"`)

export const home = board({
  uid: 'pgvitals-home',
  title: 'Home',
  question: 'Is anything wrong, on which server, and whose database is it?',
  variables: [...server('many'), team],
  rows: [
    {
      panels: [
        stat({
          title: 'Critical alerts',
          about: [
            'critical alerts that fire now.',
            'each of them pages a team.',
            '0.',
            'the timeline below; the board "alerts" has their history.'
          ],
          unit: 'short',
          size: [3, 4],
          values: [{ expr: `count(${firing('critical')}) or vector(0)` }],
          steps: anyIsCritical,
          links: ['alerts']
        }),
        stat({
          title: 'Warnings',
          about: [
            'warnings that fire now.',
            'each wants to be looked at the same day.',
            '0, or a few that somebody knows.',
            'the timeline below.'
          ],
          unit: 'short',
          size: [3, 4],
          values: [{ expr: `count(${firing('warning')}) or vector(0)` }],
          steps: anyWarns,
          links: ['alerts']
        }),
        stat({
          title: 'Servers down',
          about: [
            'servers that answered none of the databases of pgvitals.',
            'nobody may be able to work there, or only pgvitals cannot log in.',
            '0.',
            'the table of servers; the board "exporter" has the error.'
          ],
          unit: 'short',
          size: [3, 4],
          values: [{ expr: `sum(${onServer('pg_up')} == bool 0)` }],
          steps: anyIsCritical,
          empty: 'No exporter answers',
          links: ['exporter']
        }),
        stat({
          title: 'Databases down',
          about: [
            'databases that did not answer the last visit.',
            'one team is cut off, or its monitoring role is.',
            '0.',
            'the table of databases; the board "exporter" has the reason.'
          ],
          unit: 'short',
          size: [3, 4],
          values: [{ expr: `sum(${teamDatabases} == bool 0)` }],
          steps: anyIsCritical,
          links: ['exporter']
        }),
        stat({
          title: 'Fullest server',
          about: [
            'connections in use in proportion to those that clients can have, where it is highest.',
            'at 1 nobody else can log in.',
            `below ${thresholds.connectionsUsedRatio.warning}.`,
            'the board "connections" of that server.'
          ],
          unit: 'percentunit',
          size: [3, 4],
          values: [
            {
              expr: `topk(1, ${onServer('pg_connections_in_use')} / (${onServer('pg_connections_usable')} > 0))`,
              legend: '{{server}}'
            }
          ],
          steps: above(thresholds.connectionsUsedRatio),
          max: 1,
          links: ['serverConnections']
        }),
        stat({
          title: 'Sessions blocked',
          about: [
            'sessions that wait for a lock of another one.',
            'they stand still, and their users with them.',
            '0 or a few for moments.',
            'the board "activity" names who blocks.'
          ],
          unit: 'short',
          size: [3, 4],
          values: [{ expr: `sum(${onServer('pg_stat_activity_blocked_sessions')}) or vector(0)` }],
          steps: above({ warning: 1, critical: 10 })
        }),
        ...quality(4),
        serversTable,
        barGauge({
          title: 'Time to trouble',
          about: [
            'how long until something is used up, if it goes on as in the last hours: the nearest of each kind.',
            'disk, transaction ids, sequences and slots all end in an outage that takes hours to mend.',
            `nothing, or more than ${thresholds.diskFill.warningAheadSeconds / 86400} days.`,
            'the board "storage" for disk and sequences, "vacuum" for ids, "replication" for slots.'
          ],
          unit: 's',
          size: [8, 7],
          values: [
            {
              expr: `sort(min ${by('resource')} (${onServer('server:pg_exhaustion:eta_seconds')}) < 30 * 86400)`,
              legend: '{{resource}} {{server}}'
            }
          ],
          steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.exhaustionSeconds }),
          empty: 'Nothing runs out within 30 days',
          links: ['server']
        }),
        databasesTable
      ]
    },
    {
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
    },
    {
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
  ]
})
