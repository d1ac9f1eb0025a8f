import { onServer } from './expression.ts'
import type { Unplaced } from './panel.ts'
import { stat } from './single-value.ts'
import { anyWarns } from './steps.ts'

/** Whether a board's numbers can be trusted: queries that fail, and what the role may not see. */
export const quality = (height: number): readonly [failing: Unplaced, blind: Unplaced] => [
  stat({
    title: 'Queries failing',
    about: [
      'queries of the exporter whose last poll failed.',
      'their series vanish after three intervals, and panels that need them become empty.',
      '0.',
      'the board "exporter" names the query, the database and the error.'
    ],
    unit: 'short',
    size: [3, height],
    values: [{ expr: `sum(${onServer('pgvitals_query_success')} == bool 0)` }],
    steps: anyWarns,
    links: ['exporter']
  }),
  stat({
    title: 'Blind spots',
    about: [
      'capabilities that the roles of pgvitals lack, counted for each database.',
      'what needs them is absent, which is not the same as zero.',
      '0 with pg_monitor; more where the owners of databases are the monitoring roles.',
      'the board "exporter"; `pgvitals doctor` prints the missing grants.'
    ],
    unit: 'short',
    size: [3, height],
    values: [{ expr: `sum(${onServer('pgvitals_capability')} == bool 0)` }],
    steps: anyWarns,
    links: ['exporter']
  })
]
