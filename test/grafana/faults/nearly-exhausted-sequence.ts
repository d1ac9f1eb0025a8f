import type { Fault } from './fault.ts'

export const nearlyExhaustedSequence: Fault = {
  name: 'sequence nearly exhausted',
  what: 'a table is created whose `smallint` sequence, readable by `pgvitals`, has used 95 % of its values',
  alert: 'PostgresSequenceExhausted',
  server: 'main',
  datname: 'platform',
  inject: async ({ servers }) => {
    // In one transaction, so that no poll sees a lower value.
    await servers.main.sql(
      'platform',
      `create table vouchers (id smallserial primary key);
      select setval('vouchers_id_seq', 31130);
      grant select on sequence vouchers_id_seq to pgvitals`
    )
    return () => servers.main.sql('platform', 'drop table vouchers')
  }
}
