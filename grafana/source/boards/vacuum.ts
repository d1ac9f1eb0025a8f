import { board, row, top } from '../panels/board.ts'
import { above, anyWarns, below } from '../panels/colours.ts'
import {
  among,
  by,
  increasesBy,
  inDatabase,
  largestGauges,
  maxBy,
  ofTable,
  on,
  onServer,
  ratio,
  type SeriesName,
  sumBy
} from '../panels/promql.ts'
import { barGauge, stat } from '../panels/stat.ts'
import { table, tableLabels } from '../panels/table.ts'
import { timeseries } from '../panels/timeseries.ts'
import { database, server, topn } from '../panels/variables.ts'
import { thresholds } from '../thresholds.ts'
import { dataQuality } from './shared-panels.ts'

const exhaustion = (resource: 'xid' | 'multixact') =>
  `${onServer('server:pg_exhaustion:eta_seconds', `resource="${resource}"`)} < 10 * 365 * 86400`
const maxWorkers = onServer('pg_settings_autovacuum_max_workers')
const freezeMaxAge = onServer('pg_settings_autovacuum_freeze_max_age')
const multixactFreezeMaxAge = onServer('pg_settings_autovacuum_multixact_freeze_max_age')
const gauge = (metric: SeriesName) => maxBy(ofTable, inDatabase(metric))
const due = `topk($topn, ${gauge('pg_table_vacuum_due_ratio')})`
const oldest = `topk($topn, ${ratio(gauge('pg_table_xid_age'), gauge('pg_table_freeze_max_age'))})`
const dueSteps = above(thresholds.vacuumDue.ratio)
const freezeSteps = above(thresholds.freezeAgeRatio)

export const vacuum = board('pgvitals-vacuum', {
  question: 'Does vacuum keep up, and what prevents it from removing rows?',
  variables: [...server('one'), database('many'), topn],
  rows: [
    top(
      stat('Ids left', [5, 4], 'short', {
        about: [
          'Transaction ids and multixact ids left before the server stops assigning them.',
          'At 0 the server accepts no writes until the database is vacuumed.',
          `More than ${thresholds.idsLeft / 1e6} million.`,
          'See "Vacuum held back by".'
        ],
        lines: [
          { expr: `min ${by()} (${onServer('pg_database_xids_left')})`, legend: 'transactions' },
          { expr: `min ${by()} (${onServer('pg_database_multixacts_left')})`, legend: 'multixacts' }
        ],
        steps: below({ critical: thresholds.idsLeft })
      }),
      stat('Time until exhausted', [5, 4], 's', {
        about: [
          'Time until the ids are exhausted at the rate of the last six hours.',
          'Then the server accepts no writes.',
          'Months; empty while ids are frozen as fast as they are assigned.',
          'See the oldest tables below.'
        ],
        lines: [
          { expr: exhaustion('xid'), legend: 'transactions' },
          { expr: exhaustion('multixact'), legend: 'multixacts' }
        ],
        steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.exhaustionSeconds }),
        empty: 'Not within ten years'
      }),
      stat('Busy workers', [4, 4], 'percentunit', {
        about: [
          'Running autovacuum workers relative to autovacuum_max_workers.',
          'If all are busy for hours, tables wait.',
          'Below 1 most of the time.',
          'See the tables that are due.'
        ],
        expr: `(${sumBy([], onServer('pg_stat_activity_backends', 'backend_type="autovacuum worker"'))} or ${sumBy([], onServer('pg_stat_activity_backends'))} * 0) / ${on()} (${maxWorkers} > 0)`,
        max: 1
      }),
      stat('Autovacuum off', [4, 4], 'short', {
        about: [
          'Tables for which autovacuum is switched off.',
          'They bloat until an anti-wraparound vacuum.',
          '0.',
          'Run alter table … reset (autovacuum_enabled).'
        ],
        expr: sumBy([], `${inDatabase('pg_table_autovacuum_enabled')} == bool 0`),
        steps: anyWarns
      }),
      ...dataQuality,
      timeseries('Vacuum held back by', [12, 8], 'short', {
        about: [
          'Age of the oldest transaction that each kind of holder needs, in transactions. Vacuum cannot remove row versions that became dead after that transaction.',
          'The highest line holds back vacuum, in all databases or in the one it names.',
          `Below ${thresholds.xminHorizonAge / 1e6} million.`,
          'For sessions open the Activity and locks dashboard, for slots and standbys Replication and WAL; commit or roll back prepared transactions.'
        ],
        expr: onServer('pg_xmin_horizon_age'),
        legend: '{{holder}} {{datname}}',
        steps: above(thresholds.xminHorizonAge),
        links: ['serverActivity', 'replication'],
        empty: 'Nothing holds back vacuum'
      }),
      timeseries('Dead rows', [12, 8], 'short', {
        about: [
          'Dead rows that are not yet removed, by database.',
          'They enlarge tables and slow scans.',
          'A sawtooth; continuous growth while vacuum is held back.',
          'See the tables below.'
        ],
        expr: sumBy(['datname'], inDatabase('pg_stat_user_tables_n_dead_tup')),
        legend: '{{datname}}',
        isStacked: true,
        links: ['database']
      }),
      timeseries('Age of transaction ids', [12, 8], 'short', {
        about: [
          'Transactions since the oldest unfrozen one, by database; the dashed lines are the age at which autovacuum freezes and the failsafe age.',
          'At two thousand million, the server accepts no writes.',
          'A sawtooth up to the lower line.',
          'See the oldest tables below.'
        ],
        lines: [
          { expr: onServer('pg_database_xid_age'), legend: '{{datname}}' },
          { expr: freezeMaxAge, legend: 'autovacuum_freeze_max_age', dashed: true, colour: 'orange' },
          { expr: onServer('pg_settings_vacuum_failsafe_age'), legend: 'vacuum_failsafe_age', dashed: true }
        ],
        links: ['database']
      }),
      barGauge('Age relative to freeze max age', [12, 8], 'short', {
        about: [
          'Age of the transaction ids and multixact ids of each database relative to the age at which autovacuum freezes.',
          'Above 1, autovacuum should be freezing; far above, something prevents it.',
          `Up to 1; a warning from ${thresholds.freezeAgeRatio}.`,
          'See "Vacuum held back by".'
        ],
        lines: [
          {
            expr: `${onServer('pg_database_xid_age')} / ${on()} group_left () (${freezeMaxAge} > 0)`,
            legend: '{{datname}} transactions'
          },
          {
            expr: `${onServer('pg_database_multixact_age')} / ${on()} group_left () (${multixactFreezeMaxAge} > 0)`,
            legend: '{{datname}} multixacts'
          }
        ],
        decimals: 2,
        max: 2,
        steps: freezeSteps,
        links: ['database']
      })
    ),
    row(
      'Tables',
      table('Tables due for vacuum', [12, 9], {
        about: [
          'Dead or inserted rows relative to the threshold of autovacuum, highest first.',
          'These tables bloat, and their statistics become outdated.',
          `Up to 1; a warning from ${thresholds.vacuumDue.ratio}.`,
          'See above what holds back vacuum; click the table.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Due', unit: 'short', decimals: 2, expr: due, steps: dueSteps },
          { title: 'Dead rows', unit: 'short', expr: among(gauge('pg_stat_user_tables_n_dead_tup'), ofTable, due) },
          {
            title: 'Last autovacuum',
            unit: 'dateTimeFromNow',
            expr: among(`${gauge('pg_stat_user_tables_last_autovacuum')} * 1000`, ofTable, due)
          }
        ],
        sortBy: 'Due'
      }),
      table('Oldest tables', [12, 9], {
        about: [
          'Age of each table relative to the age at which autovacuum freezes it, highest first.',
          'The oldest table determines how many ids are left.',
          `Up to 1; a warning from ${thresholds.freezeAgeRatio}.`,
          'Run vacuum (freeze) on the table once nothing holds back vacuum.'
        ],
        labels: tableLabels,
        columns: [
          { title: 'Age', unit: 'short', decimals: 2, expr: oldest, steps: freezeSteps },
          { title: 'Transactions', unit: 'short', expr: among(gauge('pg_table_xid_age'), ofTable, oldest) },
          { title: 'Size', unit: 'bytes', expr: among(gauge('pg_stat_user_tables_table_size_bytes'), ofTable, oldest) }
        ],
        sortBy: 'Age'
      })
    ),
    row(
      'Work',
      timeseries('Vacuum due', [8, 8], 'short', {
        about: [
          'Dead or inserted rows relative to the threshold of autovacuum, for the tables with the highest ratio.',
          'Continuous growth means that vacuum does not reach the table.',
          'A sawtooth up to 1.'
        ],
        expr: largestGauges(inDatabase('pg_table_vacuum_due_ratio'), ofTable),
        legend: '{{datname}} {{relname}}',
        steps: dueSteps,
        links: ['table']
      }),
      timeseries('Vacuums and analyzes', [8, 8], 'short', {
        about: [
          'Tables vacuumed and analyzed by autovacuum in five minutes, by database.',
          'If there are none for hours while rows are updated or deleted, a worker is blocked.',
          'A steady number of tables.',
          'See the running vacuums.'
        ],
        lines: [
          {
            expr: increasesBy(['datname'], inDatabase('pg_stat_user_tables_autovacuum_count'), '[5m]'),
            legend: '{{datname}} vacuumed'
          },
          {
            expr: increasesBy(['datname'], inDatabase('pg_stat_user_tables_autoanalyze_count'), '[5m]'),
            legend: '{{datname}} analyzed'
          }
        ],
        links: ['database']
      }),
      barGauge('Running vacuums', [8, 8], 'percentunit', {
        about: [
          'The part of the table that each running vacuum has scanned.',
          'While a worker vacuums one table for hours, other tables wait.',
          'Empty, or growing.',
          'Raise autovacuum_vacuum_cost_limit if it is slow.'
        ],
        expr: ratio(gauge('pg_stat_progress_vacuum_heap_blks_scanned'), gauge('pg_stat_progress_vacuum_heap_blks')),
        legend: '{{datname}} {{relname}}',
        max: 1,
        empty: 'No vacuum is running',
        links: ['table']
      })
    )
  ]
})
