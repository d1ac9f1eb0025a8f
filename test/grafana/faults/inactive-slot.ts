import type { Fault } from './fault.ts'

/** WAL files of 16 MB. */
const files = 8

export const inactiveSlot: Fault = {
  name: 'inactive slot',
  what: `an inactive replication slot retains ${files} WAL files`,
  alert: 'PostgresSlotInactive',
  server: 'second',
  isOfServer: true,
  inject: async ({ servers }) => {
    const { sql } = servers.second
    await sql('postgres', "select pg_create_physical_replication_slot('forgotten', true)")
    for (let file = 0; file < files; file++) {
      await sql('postgres', "select pg_logical_emit_message(false, 'pgvitals', 'something to keep')", 'select pg_switch_wal()')
    }
    return () => sql('postgres', "select pg_drop_replication_slot('forgotten')")
  }
}
