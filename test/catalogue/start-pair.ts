import type { Test } from 'tap'
import { type Major, startServer, startStandby, type TestServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'

/** Starts a primary and a standby that streams from it through the slot `repmgr_slot_7`. */
export async function startPair(
  t: Test,
  major: Major,
  ...flags: readonly string[]
): Promise<{ readonly primary: TestServer; readonly standby: TestServer }> {
  const primary = await startServer({ major, flags: ['autovacuum=off', 'wal_keep_size=256MB', ...flags] })
  t.teardown(() => primary.remove())
  await createTeamDatabases(primary)
  await primary.sql(
    'postgres',
    "select pg_create_physical_replication_slot('repmgr_slot_7')",
    // The standby copies these settings.
    "alter system set primary_slot_name = 'repmgr_slot_7'",
    'alter system set wal_level = logical',
    "alter system set wal_retrieve_retry_interval = '200ms'"
  )
  const standby = await startStandby(primary)
  t.teardown(() => standby.remove())
  return { primary, standby }
}

/** The labels of the connection of the standby. */
export const standbyLabels = { application_name: 'standby', client_addr: '127.0.0.1', slot_name: 'repmgr_slot_7' }
