import { by, onServer, type SeriesName } from '../house/expression.ts'
import { words } from '../house/mappings.ts'
import { stat } from '../house/single-value.ts'
import { above, plain } from '../house/steps.ts'
import { thresholds } from '../thresholds.ts'

/** What names a table. */
export const ofTable = ['datname', 'schemaname', 'relname']
/** The series of the chosen table. */
export const chosen = (metric: SeriesName) => onServer(metric, 'datname=~"$datname"', 'schemaname=~"$schemaname"', 'relname=~"$relname"')
/** A number of the chosen table. */
export const gauge = (metric: SeriesName) => `max ${by(...ofTable)} (${chosen(metric)})`
/** Why there may be nothing. */
export const empty = 'The table is not among the 300 that move most, or it is locked'

/** The numbers at the top. */
export const tableHeader = [
  stat({
    title: 'Live rows',
    about: ['rows of the table, as PostgreSQL estimates.', 'it is the scale of everything else.', 'its own level.', 'the size.'],
    unit: 'short',
    size: [4, 4],
    values: [{ expr: gauge('pg_stat_user_tables_n_live_tup') }],
    steps: plain,
    empty
  }),
  stat({
    title: 'Vacuum due',
    about: [
      'dead or inserted rows in proportion to the threshold at which autovacuum begins.',
      'far above 1 the table bloats.',
      `up to 1; a warning from ${thresholds.vacuumDue.ratio}.`,
      'the board "vacuum".'
    ],
    unit: 'short',
    decimals: 2,
    size: [4, 4],
    values: [{ expr: gauge('pg_table_vacuum_due_ratio') }],
    steps: above(thresholds.vacuumDue.ratio),
    empty,
    links: ['vacuum']
  }),
  stat({
    title: 'Autovacuum',
    about: [
      'whether autovacuum works on the table.',
      'without it the table bloats until it has to be frozen.',
      '1, which is on.',
      'alter table … reset (autovacuum_enabled).'
    ],
    unit: 'none',
    size: [3, 4],
    values: [{ expr: gauge('pg_table_autovacuum_enabled') }],
    mappings: words({ 0: ['off', 'red'], 1: ['on', 'green'] }),
    empty
  }),
  stat({
    title: 'Last vacuum and analyze',
    about: [
      'when the table was last vacuumed and analyzed by autovacuum.',
      'old statistics make wrong plans.',
      'depends on how much it changes.',
      'the board "vacuum".'
    ],
    unit: 'dateTimeFromNow',
    size: [7, 4],
    values: [
      { expr: `${gauge('pg_stat_user_tables_last_autovacuum')} * 1000`, legend: 'vacuum' },
      { expr: `${gauge('pg_stat_user_tables_last_autoanalyze')} * 1000`, legend: 'analyze' }
    ],
    steps: plain,
    empty: 'Never by autovacuum'
  })
]
