import type { Alert } from './alert.ts'
import { availability } from './availability.ts'
import { cache } from './cache.ts'
import { capacity } from './capacity.ts'
import { connections } from './connections.ts'
import { exporter } from './exporter.ts'
import { locks } from './locks.ts'
import { queries } from './queries.ts'
import { replication } from './replication.ts'
import { safety } from './safety.ts'
import { slots } from './slots.ts'
import { vacuum } from './vacuum.ts'
import { wal } from './wal.ts'

/** All alerts, by rule file. */
export const alerts: Readonly<Record<string, readonly Alert[]>> = {
  availability,
  connections,
  capacity,
  queries,
  cache,
  locks,
  replication,
  slots,
  vacuum,
  wal,
  safety,
  exporter
}
