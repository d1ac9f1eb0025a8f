import { board } from '../house/board.ts'
import { by, inDatabase, on, onServer } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { above, below, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server, top } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { vacuumTables, vacuumWork } from './vacuum-rows.ts'

const inTime = (resource: 'xid' | 'multixact') =>
  `${onServer('server:pg_exhaustion:eta_seconds', `resource="${resource}"`)} < 10 * 365 * 86400`

export const vacuum = board({
  uid: 'pgvitals-vacuum',
  title: 'Vacuum',
  question: 'Is vacuum keeping up, and who holds it back?',
  variables: [...server('one'), database('many'), top],
  rows: [
    {
      panels: [
        stat({
          title: 'Ids left',
          about: [
            'transaction ids and multixacts that are left before the server assigns no more.',
            'at 0 it takes no more writes until the database is vacuumed.',
            `more than ${thresholds.idsLeft / 1e6} million.`,
            'the panel "Who holds vacuum back".'
          ],
          unit: 'short',
          size: [5, 4],
          values: [
            { expr: `min ${by()} (${onServer('pg_database_xids_left')})`, legend: 'transactions' },
            { expr: `min ${by()} (${onServer('pg_database_multixacts_left')})`, legend: 'multixacts' }
          ],
          steps: below({ critical: thresholds.idsLeft })
        }),
        stat({
          title: 'Used up in',
          about: [
            'how long the ids will do, if they go as in the last six hours.',
            'then the server takes no more writes.',
            'months, or nothing: they are frozen as fast as they go.',
            'the oldest tables below.'
          ],
          unit: 's',
          size: [5, 4],
          values: [
            { expr: inTime('xid'), legend: 'transactions' },
            { expr: inTime('multixact'), legend: 'multixacts' }
          ],
          steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.exhaustionSeconds }),
          empty: 'Not within ten years'
        }),
        stat({
          title: 'Workers at work',
          about: [
            'autovacuum workers that run now in proportion to autovacuum_max_workers.',
            'when all are at work for hours, tables wait.',
            'below 1 most of the time.',
            'the tables that are due.'
          ],
          unit: 'percentunit',
          size: [4, 4],
          max: 1,
          values: [
            {
              expr: `(sum ${by()} (${onServer('pg_stat_activity_backends', 'backend_type="autovacuum worker"')}) or ${onServer('pg_settings_autovacuum_max_workers')} * 0) / ${on()} (${onServer('pg_settings_autovacuum_max_workers')} > 0)`
            }
          ],
          steps: plain
        }),
        stat({
          title: 'Autovacuum off',
          about: [
            'tables for which autovacuum is switched off.',
            'they bloat until they have to be frozen.',
            '0.',
            'alter table … reset (autovacuum_enabled).'
          ],
          unit: 'short',
          size: [4, 4],
          values: [{ expr: `sum ${by()} (${inDatabase('pg_table_autovacuum_enabled')} == bool 0)` }],
          steps: above(1)
        }),
        ...quality(4),
        timeseries({
          title: 'Who holds vacuum back',
          about: [
            'transactions since the oldest one that each kind of holder still needs: vacuum removes nothing that is newer.',
            'the highest line is the culprit, for all databases it names.',
            `below ${thresholds.xminHorizonAge / 1e6} million.`,
            'session: the board "activity"; slot and standby: "replication"; prepared: commit or roll it back.'
          ],
          unit: 'short',
          size: [12, 8],
          steps: above(thresholds.xminHorizonAge),
          lines: [{ expr: onServer('pg_xmin_horizon_age'), legend: '{{holder}} {{datname}}' }],
          links: ['serverActivity', 'replication'],
          empty: 'Nobody holds it back'
        }),
        timeseries({
          title: 'Who pays for it',
          about: [
            'dead rows that are not removed yet, by database.',
            'they make tables larger and scans slower.',
            'a saw; it only climbs while vacuum is held back.',
            'the tables below.'
          ],
          unit: 'short',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: `sum ${by('datname')} (${inDatabase('pg_stat_user_tables_n_dead_tup')})`, legend: '{{datname}}' }],
          links: ['database']
        }),
        timeseries({
          title: 'Age of transaction ids',
          about: [
            'transactions since the oldest one that is not frozen, by database; the dashed lines are when autovacuum freezes, and when it stops being gentle.',
            'at two thousand million the server takes no more writes.',
            'a saw up to the lower line.',
            'the oldest tables below.'
          ],
          unit: 'short',
          size: [12, 8],
          lines: [
            { expr: onServer('pg_database_xid_age'), legend: '{{datname}}' },
            { expr: onServer('pg_settings_autovacuum_freeze_max_age'), legend: 'freezes at', dashed: true, colour: 'orange' },
            { expr: onServer('pg_settings_vacuum_failsafe_age'), legend: 'hurries at', dashed: true }
          ],
          links: ['database']
        }),
        barGauge({
          title: 'Age in proportion to what freezes',
          about: [
            'the age of transaction ids and multixacts of each database in proportion to the age at which autovacuum freezes.',
            'above 1 autovacuum should be at it; far above, something is in its way.',
            `up to 1; a warning from ${thresholds.freezeAgeRatio}.`,
            'who holds vacuum back, above.'
          ],
          unit: 'short',
          decimals: 2,
          size: [12, 8],
          values: [
            {
              expr: `${onServer('pg_database_xid_age')} / ${on()} group_left () (${onServer('pg_settings_autovacuum_freeze_max_age')} > 0)`,
              legend: '{{datname}} transactions'
            },
            {
              expr: `${onServer('pg_database_multixact_age')} / ${on()} group_left () (${onServer('pg_settings_autovacuum_multixact_freeze_max_age')} > 0)`,
              legend: '{{datname}} multixacts'
            }
          ],
          max: 2,
          steps: above(thresholds.freezeAgeRatio),
          links: ['database']
        })
      ]
    },
    vacuumTables,
    vacuumWork
  ]
})
