import type { Logger } from 'pino'
import { readValue } from '../metric/exposition.ts'
import type { Family, Sample } from '../metric/sample.ts'
import { createDisk, type Disk, type DiskSize } from '../server/disk.ts'
import type { Server } from '../server/server.ts'
import { isFresh, type Snapshot } from './snapshots.ts'

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const total = gauge('pg_disk_total_bytes', 'Size of the disk: as configured (capacity_bytes), or of the file system of data_directory.')
const free = gauge(
  'pg_disk_free_bytes',
  'Free space of the disk: configured size less pg_disk_used_bytes, or what the file system leaves to unprivileged processes.'
)
const quota = gauge('pg_database_quota_bytes', 'How large the database may become, as configured (quota_bytes).')

/** The families that are made here, for the page of all metrics. */
export const capacityFamilies: readonly (readonly [Family, string])[] = [
  [total, 'server, source'],
  [free, 'server, source'],
  [quota, 'server, datname']
]

/** How much room a server and its databases have; free space is absent while what is used is not known. */
export function capacitySamples(
  { name: server, capacityBytes, databases }: Server,
  used: Snapshot | undefined,
  disk: DiskSize | undefined,
  now: number
): readonly Sample[] {
  const usedBytes = used !== undefined && isFresh(used, now) ? readValue(used.texts, 'pg_disk_used_bytes') : undefined
  const one = (family: Family, source: string, value: number): Sample => ({ family, labels: { server, source }, value })
  return [
    ...(capacityBytes === undefined ? [] : [one(total, 'configured', capacityBytes)]),
    ...(capacityBytes === undefined || usedBytes === undefined ? [] : [one(free, 'configured', Math.max(0, capacityBytes - usedBytes))]),
    ...(disk === undefined ? [] : [one(total, 'filesystem', disk.totalBytes), one(free, 'filesystem', disk.freeBytes)]),
    ...databases.flatMap(({ name: datname, quotaBytes }) =>
      quotaBytes === undefined ? [] : [{ family: quota, labels: { server, datname }, value: quotaBytes }]
    )
  ]
}

/** The measure of the disk that the configuration says the server's data lie on; undefined where it does not. */
export function diskOf({ name: server, dataDirectory }: Server, log: Logger): Disk | undefined {
  if (dataDirectory === undefined) return undefined
  const failed = (reason: string) => log.warn({ server }, `the disk of data_directory ${dataDirectory} cannot be measured: ${reason}`)
  return createDisk(dataDirectory, failed)
}
