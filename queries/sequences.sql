-- Sequences that the role cannot read: the blind spot of pg_sequence_used_ratio.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- requires: role primary
--
-- gauge hidden: Sequences, except cycling ones, on which the role has neither USAGE nor SELECT.
select
  -- has_sequence_privilege() fails for other relations, so it is called after the join.
  pg_catalog.count(*) filter (where not pg_catalog.has_sequence_privilege(s.seqrelid, 'select, usage')) as hidden
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
where
  not s.seqcycle
  and c.relpersistence <> 't';
