import { board } from '../house/board.ts'
import { alerts, by, onServer, teamDatabases } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { above, anyIsCritical, anyWarns, below } from '../house/steps.ts'
import { server, team } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { homeAlerts, homeTrends } from './home-rows.ts'
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
            `nothing, or more than ${thresholds.diskFill.warningAheadSeconds / 86400} days. Connections only above ${100 * thresholds.connectionsFillRatio} % in use.`,
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
    homeAlerts,
    homeTrends
  ]
})
