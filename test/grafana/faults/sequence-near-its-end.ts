import type { Fault } from './fault.ts'

export const sequenceNearItsEnd: Fault = {
  name: 'sequence near its end',
  what: 'a table appears whose `smallint` numbers are used up by 95 %; `pgvitals` may read its sequence',
  alert: 'PostgresSequenceExhausted',
  server: 'main',
  datname: 'platform',
  inject: async ({ servers }) => {
    // In one transaction, so that nobody sees it empty and then full.
    await servers.main.sql(
      'platform',
      `create table vouchers (id smallserial primary key);
      select setval('vouchers_id_seq', 31130);
      grant select on sequence vouchers_id_seq to pgvitals`
    )
    return () => servers.main.sql('platform', 'drop table vouchers')
  }
}
