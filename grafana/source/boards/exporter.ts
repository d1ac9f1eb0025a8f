import { board } from '../house/board.ts'
import { by, onServer, type SeriesName } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { quality } from '../house/quality.ts'
import { stat } from '../house/single-value.ts'
import { statusHistory } from '../house/state-panels.ts'
import { above, anyIsCritical, anyWarns, below } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { processRow } from './exporter-process.ts'
import { accessRow, costRow } from './exporter-rows.ts'

/** Of the chosen databases, and what is of a whole server. */
const chosen = (metric: SeriesName) => onServer(metric, 'datname=~"$datname|"')

const succeeds = words({ 0: ['failing', 'red'], 1: ['succeeds', 'green'] })

export const exporter = board({
  uid: 'pgvitals-exporter',
  title: 'Exporter',
  question: 'Can these numbers be trusted, what is missing, and what do they cost?',
  variables: [...server('many'), database('many')],
  rows: [
    {
      panels: [
        stat({
          title: 'Servers down',
          about: [
            'servers that did not answer the last visit.',
            'of these nothing is known but that.',
            '0.',
            'the table of databases has the reason.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: `sum(${onServer('pg_up')} == bool 0)` }],
          steps: anyIsCritical
        }),
        stat({
          title: 'Databases down',
          about: [
            'databases that did not answer the last visit.',
            'nothing is known of them.',
            '0.',
            'the table of databases has the reason.'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: `sum(${onServer('pg_database_up')} == bool 0)` }],
          steps: anyIsCritical
        }),
        stat({
          title: 'Oldest answer',
          about: [
            'age of the oldest answer that is still shown.',
            'an answer is dropped after three intervals of its query; until then it looks alive.',
            'up to the longest interval, 15 minutes.',
            'the panel "Age of the answers".'
          ],
          unit: 's',
          size: [5, 4],
          values: [{ expr: `max(${onServer('pgvitals_snapshot_age_seconds')})` }],
          steps: above(2700)
        }),
        stat({
          title: 'Samples dropped',
          about: [
            'samples that were dropped within the range that is shown: duplicates, illegal ones, too many rows.',
            'these are missing.',
            '0.',
            'the panel "Errors and dropped samples".'
          ],
          unit: 'short',
          size: [5, 4],
          values: [{ expr: `sum(increase(${onServer('pgvitals_samples_dropped_total')}[$__range])) or vector(0)` }],
          steps: anyWarns
        }),
        ...quality(4),
        statusHistory({
          title: 'Queries by database',
          about: [
            'whether the last polls of all queries of a database succeeded; those of a whole server stand beside its name alone.',
            'red means that something on the boards is missing.',
            'green.',
            'the queries that fail, below.'
          ],
          unit: 'none',
          size: [12, 8],
          states: [{ expr: `min ${by('datname')} (${chosen('pgvitals_query_success')})`, legend: '{{server}} {{datname}}' }],
          mappings: succeeds,
          steps: below({ critical: 1 }),
          links: ['server']
        }),
        table({
          title: 'Queries that fail',
          about: [
            'the queries whose last poll failed.',
            'their series vanish after three intervals.',
            'empty.',
            'the log of pgvitals has the error; pgvitals doctor what to grant.'
          ],
          size: [12, 8],
          labels: [
            { label: 'query', title: 'Query' },
            { label: 'datname', title: 'Database', links: ['database'] },
            { label: 'server', title: 'Server', links: ['server'] }
          ],
          columns: [
            { title: 'State', unit: 'none', expr: `${chosen('pgvitals_query_success')} == 0`, mappings: succeeds },
            {
              title: 'Age of its answer',
              unit: 's',
              expr: `${chosen('pgvitals_snapshot_age_seconds')} and ${chosen('pgvitals_query_success')} == 0`
            }
          ],
          sortBy: 'Query',
          empty: 'Every query succeeds'
        }),
        table({
          title: 'Databases',
          about: [
            'whether each database answered, and the reason why not.',
            'a wrong password, a full server and a dead one want different people.',
            'up.',
            'the reason.'
          ],
          size: [12, 8],
          labels: [
            { label: 'datname', title: 'Database', links: ['database'] },
            { label: 'server', title: 'Server', links: ['server'] },
            { label: 'reason', title: 'Reason' }
          ],
          columns: [
            { title: 'Known', unit: 'none', expr: `max ${by('datname', 'reason')} (${chosen('pgvitals_database_state')} == 1)` },
            { title: 'State', unit: 'none', expr: chosen('pg_database_up'), mappings: words({ 0: ['down', 'red'], 1: ['up', 'green'] }) }
          ],
          sortBy: 'State',
          isAscending: true,
          hidesFirst: true
        }),
        table({
          title: 'What the roles may not see',
          about: [
            'capabilities that the role of a database lacks.',
            'what needs them is absent, not zero.',
            'empty with pg_monitor.',
            'pgvitals doctor prints the grants.'
          ],
          size: [12, 8],
          labels: [
            { label: 'capability', title: 'Lacks' },
            { label: 'datname', title: 'Database', links: ['database'] },
            { label: 'server', title: 'Server' }
          ],
          columns: [
            { title: 'State', unit: 'none', expr: `${chosen('pgvitals_capability')} == 0`, mappings: words({ 0: ['blind', 'orange'] }) }
          ],
          sortBy: 'Lacks',
          empty: 'The roles see everything'
        }),
        timeseries({
          title: 'Age of the answers',
          about: [
            'age of the oldest answer of each server.',
            'numbers on the boards are that old.',
            'a saw up to the longest interval, 15 minutes.',
            'the duration of the queries.'
          ],
          unit: 's',
          size: [12, 8],
          lines: [{ expr: `max ${by()} (${onServer('pgvitals_snapshot_age_seconds')})`, legend: '{{server}}' }],
          links: ['server']
        }),
        timeseries({
          title: 'Time between visits',
          about: [
            'the longest interval on each server at which pgvitals asks the queries that run in every database.',
            'rates need four of these; with many databases it grows.',
            'up to 15 seconds.',
            'the slowest queries, which can be switched off or asked more rarely.'
          ],
          unit: 's',
          size: [12, 8],
          steps: above(thresholds.visitIntervalSeconds),
          lines: [{ expr: `max ${by()} (${onServer('pgvitals_visit_interval_seconds')})`, legend: '{{server}}' }],
          empty: 'This pgvitals does not tell it',
          links: ['server']
        })
      ]
    },
    costRow,
    processRow,
    accessRow
  ]
})
