import type { Server } from '../server/server.ts'
import type { Finder } from './finder.ts'
import type { Bounds } from './rendered.ts'
import type { Place, Snapshots } from './snapshots.ts'

/** What of an answer may be shown: of which databases, and how much beside what that place's database has already. */
export function boundsOf(place: Place, server: Server, finder: Finder, snapshots: Snapshots): Bounds {
  // A server-wide query has series of every database.
  const room = server.maxSamplesPerDatabase * (place.datname === '' ? Math.max(1, finder.databasesOf(server).length) : 1)
  // No query may take the room of all others.
  const maxSamples = Math.max(0, Math.min(Math.floor(room / 2), room - snapshots.samplesBeside(place)))
  if (server.discovery === undefined) return { maxSamples }
  const { include, exclude } = server.discovery
  const declared = server.databases.map(({ name }) => name)
  const visible = JSON.stringify([include.map(String), exclude.map(String), declared, finder.returns])
  return { maxSamples, visible, isShown: (datname) => finder.isShown(server, datname) }
}
