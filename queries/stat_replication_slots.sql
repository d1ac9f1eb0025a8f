-- What logical decoding sent, spilled to disk and streamed for each slot, from pg_stat_replication_slots.
--
-- scope:    server
-- interval: 15s
-- requires: server >= 14
--
-- label   slot_name
-- within  database
-- counter spill_txns_total: Transactions that outgrew logical_decoding_work_mem and were spilled to disk.
-- counter spills_total: Times a transaction was spilled to disk.
-- counter spill_bytes_total: Bytes of decoded changes spilled to disk.
-- counter stream_txns_total: Transactions streamed before they ended, because they outgrew logical_decoding_work_mem.
-- counter streams_total: Times a transaction was streamed before it ended.
-- counter stream_bytes_total: Bytes of decoded changes streamed before their transactions ended.
-- counter txns_total: Decoded transactions sent to the slot's consumer.
-- counter bytes_total: Bytes of decoded changes sent to the slot's consumer.
select
  s.slot_name,
  r.database,
  s.spill_txns as spill_txns_total,
  s.spill_count as spills_total,
  s.spill_bytes as spill_bytes_total,
  s.stream_txns as stream_txns_total,
  s.stream_count as streams_total,
  s.stream_bytes as stream_bytes_total,
  s.total_txns as txns_total,
  s.total_bytes as bytes_total
from pg_catalog.pg_stat_replication_slots as s
join pg_catalog.pg_replication_slots as r on r.slot_name = s.slot_name
order by s.total_bytes desc;
