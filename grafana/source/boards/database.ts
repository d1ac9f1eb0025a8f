import { board } from '../house/board.ts'
import { by, inDatabase, ratesBy } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { barGauge } from '../house/single-value.ts'
import { plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { databaseOfTeam, server, team } from '../house/variables.ts'
import { databaseHeader, mean } from './database-header.ts'
import { databaseSize, databaseStatements, databaseTables } from './database-rows.ts'

export const database = board({
  uid: 'pgvitals-database',
  title: 'Database',
  question: 'How is my database? The view of the team that owns it.',
  variables: [...server('one'), team, databaseOfTeam],
  rows: [
    {
      panels: [
        ...databaseHeader,
        ...quality(4),
        timeseries({
          title: 'Transactions',
          about: [
            'transactions committed and rolled back in a second.',
            'it is the traffic of the database.',
            'its own shape of the day.',
            'the statements, when it changed without a reason.'
          ],
          unit: 'ops',
          size: [8, 8],
          lines: [
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_xact_commit')), legend: 'committed', colour: 'green' },
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_xact_rollback')), legend: 'rolled back', colour: 'red' }
          ],
          links: ['queries']
        }),
        timeseries({
          title: 'Mean time of a statement',
          about: [
            'mean time of a statement, and at the same time last week.',
            'a rise without more traffic is a plan that changed, a lock, or another team.',
            'close to last week.',
            'the board "queries" splits it into more calls and slower calls.'
          ],
          unit: 's',
          size: [8, 8],
          lines: [
            { expr: mean(), legend: 'now', colour: 'blue' },
            { expr: mean(' offset 1w'), legend: 'a week before', dashed: true, colour: '#8e8e8e' }
          ],
          empty: 'Needs the extension pg_stat_statements',
          links: ['queries']
        }),
        barGauge({
          title: 'Share of the server',
          about: [
            'what part of each of the server’s resources this database takes.',
            'a database that takes most of one can slow the others down.',
            'as was agreed between the teams.',
            'the server, to see the others.'
          ],
          unit: 'percentunit',
          size: [8, 8],
          max: 1,
          values: [{ expr: inDatabase('datname:pg_share:ratio'), legend: '{{resource}}' }],
          steps: plain,
          links: ['server']
        }),
        timeseries({
          title: 'Rows',
          about: [
            'rows read and changed in a second.',
            'reads far above what statements return are scans without an index.',
            'its own shape of the day.',
            'the tables below; sequential scans on the board of a table.'
          ],
          unit: 'ops',
          size: [8, 8],
          lines: [
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_tup_returned')), legend: 'read', colour: 'blue' },
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_tup_fetched')), legend: 'fetched by index', colour: 'green' },
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_tup_inserted')), legend: 'inserted', colour: 'purple' },
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_tup_updated')), legend: 'updated', colour: 'orange' },
            { expr: ratesBy(['datname'], inDatabase('pg_stat_database_tup_deleted')), legend: 'deleted', colour: 'red' }
          ],
          links: ['storage']
        }),
        timeseries({
          title: 'Connections by user and state',
          about: [
            'client connections of each role, by what they do.',
            'idle in transaction holds locks for nothing.',
            'some idle, few active.',
            'the board "connections".'
          ],
          unit: 'short',
          size: [8, 8],
          isStacked: true,
          lines: [
            {
              expr: `sum ${by('datname', 'usename', 'state')} (${inDatabase('pg_stat_activity_connections')})`,
              legend: '{{usename}} {{state}}'
            }
          ],
          links: ['connections']
        }),
        timeseries({
          title: 'Deadlocks and temporary files',
          about: [
            'deadlocks, and temporary files made, in five minutes.',
            'a deadlock is an error for a user; a temporary file is a sort that did not fit into work_mem.',
            'no deadlocks, few files.',
            'the statements with temporary files on the board "queries".'
          ],
          unit: 'short',
          size: [8, 8],
          lines: [
            {
              expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_database_deadlocks')}[5m]))`,
              legend: 'deadlocks',
              colour: 'red'
            },
            {
              expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_database_temp_files')}[5m]))`,
              legend: 'temporary files',
              colour: 'orange'
            }
          ],
          links: ['queries']
        })
      ]
    },
    databaseStatements,
    databaseTables,
    databaseSize
  ]
})
