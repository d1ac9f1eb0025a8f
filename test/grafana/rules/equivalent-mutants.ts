/** Mutants that behave like the original, with the reason. */
export const equivalentMutants: readonly (readonly [alert: string, mutated: RegExp, why: string])[] = [
  ['PostgresConnectionShareHigh', /pg_connections_usable > -1/, 'without usable connections the second operand is absent'],
  ['PostgresDiskFillPredicted', /< (10|-1) and/, 'a difference of a few bytes'],
  ['PostgresArchiverFailing', /or -1 \*/, 'no timestamp is below 0'],
  ['PostgresCheckpointsForced', /> -1\)/, 'without checkpoints the second operand is false'],
  ['PgvitalsCrashLoop', /> 3\.9/, 'restarts are integers'],
  ['PostgresSubscriptionFailing', /or -1 \*/, 'no number of samples is below 0'],
  ['PostgresSubscriptionFailing', />( 1\.0499| 1\.95)/, 'errors are integers, and increase() extrapolates only slightly'],
  ['PostgresAutovacuumSaturated', /> (10|-1)\)/, 'the sum over an hour is larger'],
  ['PgvitalsServerAmbiguous', /> 1\.3/, 'the number of servers is an integer']
]
