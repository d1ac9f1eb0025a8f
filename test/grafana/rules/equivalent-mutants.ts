/** Mutants that nothing can tell from the original, and why. */
export const equivalentMutants: readonly (readonly [alert: string, mutated: RegExp, why: string])[] = [
  ['PostgresConnectionHog', /pg_connections_usable > -1/, 'without usable connections the second arm is absent'],
  ['PostgresDiskFillPredicted', /< (10|-1) and/, 'a few bytes more or less'],
  ['PostgresArchiverFailing', /or -1 \*/, 'no time is before 0 either way'],
  ['PostgresCheckpointsForced', /> -1\)/, 'without checkpoints the second arm is false'],
  ['PgvitalsCrashLoop', /> 3\.9/, 'restarts are counted whole'],
  ['PgvitalsServerAmbiguous', /> 1\.3/, 'servers are counted whole']
]
