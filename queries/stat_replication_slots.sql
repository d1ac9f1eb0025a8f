-- Logical decoding by slot: decoded, spilled and streamed data, from pg_stat_replication_slots. Temporary slots and slots of
-- table synchronization are omitted.
--
-- scope:    server
-- interval: 15s
-- requires: server >= 14
--
-- label   slot_name
-- within  database
-- counter spill_bytes_total: Bytes of decoded transaction data spilled to disk.
-- counter stream_bytes_total: Bytes of decoded data of in-progress transactions streamed to the output plugin.
-- counter bytes_total: Bytes of transaction data decoded for the output plugin of the slot, including spilled and streamed
--    data.
-- detail: full
-- counter spill_txns_total: Transactions and subtransactions spilled to disk because decoding exceeded
--    logical_decoding_work_mem.
-- counter spills_total: Spills of transactions to disk.
-- counter stream_txns_total: In-progress transactions streamed to the output plugin because decoding exceeded
--    logical_decoding_work_mem.
-- counter streams_total: Streamings of in-progress transactions to the output plugin.
-- counter txns_total: Decoded transactions sent to the output plugin of the slot.
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
-- These slots exist only for one session or one table; their sum would decrease whenever one is dropped.
where not r.temporary and r.slot_name !~ '_[0-9]+_sync_[0-9]+(_[0-9]+)?$'
order by s.total_bytes desc;
