import { isIPv6, type Server } from 'node:net'
import { hostname } from 'node:os'
import type { View } from './access.ts'

/** A target of Prometheus: a server, or a process that polls none. */
export interface Target {
  readonly server: string | undefined
  /** The teams that own a declared database of the server. */
  readonly teams: readonly string[]
  /** The address of the process that polls it; undefined for this process. */
  readonly address: string | undefined
}

/** A group of targets in the format of Prometheus's HTTP service discovery. */
export interface TargetGroup {
  readonly targets: readonly [string]
  readonly labels: Readonly<Record<string, string>>
}

/** One target for each server that the client may see. */
export function discoverTargets(
  targets: readonly Target[],
  view: View,
  { ownAddress, isTls }: { readonly ownAddress: string; readonly isTls: boolean }
): readonly TargetGroup[] {
  const visible = view === 'everything' ? targets : targets.filter(({ teams }) => teams.some((team) => team !== '' && view.has(team)))
  // The label is `instance`, because a target label `server` would rename the label of the metrics.
  return visible.map(({ server, address = ownAddress }) => ({
    targets: [address],
    labels: {
      ...(server !== undefined && { __param_server: server, instance: server }),
      ...(isTls && { __scheme__: 'https' })
    }
  }))
}

/** The address on which this process listens, with the name of the machine or container if it listens on all addresses. */
export function listenAddress(server: Server): string {
  const found = server.address()
  if (found === null || typeof found === 'string') return hostname()
  const { address, port } = found
  const host = address === '0.0.0.0' || address === '::' ? hostname() : isIPv6(address) ? `[${address}]` : address
  return `${host}:${port}`
}
