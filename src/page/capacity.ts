import type { Family, Sample } from '../metric/sample.ts'
import type { DiskSize } from '../server/disk.ts'
import type { Server } from '../server/server.ts'

const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

const total = gauge('pg_disk_total_bytes', 'Size of the disk: as configured (capacity_bytes), or of the file system of data_directory.')
const free = gauge(
  'pg_disk_free_bytes',
  'Free space of the disk: the configured size minus pg_disk_used_bytes, or the space of the file system available to unprivileged processes. Absent while it is unknown.'
)
const quota = gauge('pg_database_quota_bytes', 'Configured maximum size of the database (quota_bytes).')

/** The metric families of this module with their labels, for the documentation. */
export const capacityFamilies: readonly (readonly [Family, string])[] = [
  [total, 'server, source'],
  [free, 'server, source'],
  [quota, 'server, datname']
]

/** The disk sizes of a server and the quotas of its databases. Free space is absent while the used space is unknown. */
export function capacitySamples(
  { name: server, capacityBytes, databases }: Server,
  usedBytes: number | undefined,
  disk: DiskSize | undefined
): readonly Sample[] {
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
