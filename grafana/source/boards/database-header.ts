import { by, inDatabase, ratesBy } from '../house/expression.ts'
import { stat } from '../house/single-value.ts'
import { above, anyWarns, plain } from '../house/steps.ts'
import { thresholds } from '../thresholds.ts'

/** The mean time of a statement, now or before. */
export const mean = (offset = '') =>
  `sum ${by('datname')} (rate(${inDatabase('pg_stat_statements_seconds_total')}[$__rate_interval]${offset})) / (sum ${by('datname')} (rate(${inDatabase('pg_stat_statements_calls_total')}[$__rate_interval]${offset})) > 0)`

/** The numbers at the top. */
export const databaseHeader = [
  stat({
    title: 'Owner',
    about: [
      'the team that owns the database, from the configuration of pgvitals.',
      'its alerts go to this team.',
      'a name.',
      'the configuration, if no team is declared.'
    ],
    unit: 'none',
    size: [3, 4],
    values: [{ expr: inDatabase('pg_database_info', 'team!=""'), legend: '{{team}}' }],
    steps: plain,
    showsName: true,
    empty: 'No team is declared'
  }),
  stat({
    title: 'Connections',
    about: [
      'client connections of this database now.',
      'all databases share what the server has.',
      'its own level.',
      'the board "connections".'
    ],
    unit: 'short',
    size: [3, 4],
    values: [{ expr: `sum ${by('datname')} (${inDatabase('pg_stat_activity_connections')})` }],
    steps: plain,
    empty: '0',
    links: ['connections']
  }),
  stat({
    title: 'Mean statement',
    about: [
      'mean time of a statement now.',
      'it is what users of the database feel.',
      'its own level; compare with last week below.',
      'the board "queries".'
    ],
    unit: 's',
    size: [3, 4],
    values: [{ expr: mean() }],
    steps: plain,
    empty: 'Needs the extension pg_stat_statements',
    links: ['queries']
  }),
  stat({
    title: 'Rolled back',
    about: [
      'transactions rolled back in proportion to all.',
      'they are errors, or a framework that ends reads so.',
      `below ${thresholds.rollback.ratio}.`,
      'the errors in the log of the application.'
    ],
    unit: 'percentunit',
    size: [3, 4],
    decimals: 1,
    values: [
      {
        expr: `${ratesBy(['datname'], inDatabase('pg_stat_database_xact_rollback'))} / (${ratesBy(['datname'], inDatabase('pg_stat_database_xact_commit'))} + ${ratesBy(['datname'], inDatabase('pg_stat_database_xact_rollback'))} > 0)`
      }
    ],
    steps: above(thresholds.rollback.ratio)
  }),
  stat({
    title: 'Oldest transaction',
    about: [
      'age of the oldest open transaction.',
      'it holds locks, and keeps vacuum from removing what is newer.',
      'seconds.',
      'the board "activity".'
    ],
    unit: 's',
    size: [3, 4],
    values: [{ expr: `max ${by('datname')} (${inDatabase('pg_stat_activity_oldest_transaction_seconds')})` }],
    steps: above(thresholds.longTransactionSeconds),
    empty: 'None is open',
    links: ['activity']
  }),
  stat({
    title: 'Blocked sessions',
    about: ['sessions that wait for a lock of another one.', 'they stand still.', '0.', 'the board "activity" names who blocks.'],
    unit: 'short',
    size: [3, 4],
    values: [{ expr: `sum ${by('datname')} (${inDatabase('pg_stat_activity_blocked_sessions')})` }],
    steps: anyWarns,
    empty: '0',
    links: ['activity']
  })
]
