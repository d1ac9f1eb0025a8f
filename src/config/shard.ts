import { createHash } from 'node:crypto'

/** The part of the servers that this process polls: the shard `index` of `count` shards, numbered from 0. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** A target of Prometheus: a server or, without `server`, a process that polls none. */
export interface Target {
  readonly server: string | undefined
  /** The teams that own a declared database of the server. */
  readonly teams: readonly string[]
  /** The address of the process that polls it; undefined for this process. */
  readonly address: string | undefined
}

const placeholder = '{shard}'

/** Reads `PGVITALS_SHARD`; undefined if it is empty or invalid. Adds an error if it is invalid. */
export function readShard(text: string, errors: string[]): Shard | undefined {
  if (text === '') return undefined
  // The name of a pod of a StatefulSet ends with its ordinal.
  const [, index = '', count = ''] = /^(?:[a-z0-9][a-z0-9.-]*-)?(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (count === '') {
    errors.push('PGVITALS_SHARD: invalid value; expected a shard and the number of shards, such as 0/3 or pgvitals-0/3')
  } else if (shard.count === 0 || shard.index >= shard.count) {
    const last = shard.count - 1
    const valid = last < 0 ? 'the number of shards must be at least 1' : `the shards are numbered from 0 to ${last}`
    errors.push(`PGVITALS_SHARD: shard ${shard.index} of ${shard.count} does not exist; ${valid}`)
  } else return shard
  return undefined
}

/** Checks `PGVITALS_SHARD_TARGETS`, the addresses of all shards with `{shard}` in place of the number. */
export function checkShardTargets(template: string, isSharded: boolean, errors: string[]): void {
  if (template === '') return
  if (!isSharded) errors.push('PGVITALS_SHARD_TARGETS: only valid together with PGVITALS_SHARD')
  if (!template.includes(placeholder))
    errors.push(`PGVITALS_SHARD_TARGETS: must contain ${placeholder}, such as pgvitals-{shard}.pgvitals:9187`)
  if (/[/\s,]/.test(template))
    errors.push('PGVITALS_SHARD_TARGETS: expected one address without a scheme, such as pgvitals-{shard}.pgvitals:9187')
}

/** Checks `PGVITALS_TARGET`, the address of this process. */
export function checkTarget(target: string, template: string, errors: string[]): void {
  if (target === '') return
  if (template !== '') errors.push('PGVITALS_TARGET: not valid together with PGVITALS_SHARD_TARGETS')
  if (/[/\s,]/.test(target)) errors.push('PGVITALS_TARGET: expected one address without a scheme, such as pgvitals:9187')
}

/**
 * The shard of a server: the one with the greatest hash of shard and name. If a shard is added, each server either stays or
 * moves to the new shard. Source: Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous" (1996).
 */
export function shardOf(server: string, count: number): number {
  let [best, greatest] = [0, -1]
  for (let shard = 0; shard < count; shard++) {
    const weight = createHash('sha256').update(`${shard}\n${server}`).digest().readUIntBE(0, 6)
    if (weight > greatest) [best, greatest] = [shard, weight]
  }
  return best
}

/** The servers of a shard; all servers without a shard. */
export function serversOf<Named extends { readonly name: string }>(servers: readonly Named[], shard: Shard | undefined): readonly Named[] {
  return shard === undefined ? servers : servers.filter(({ name }) => shardOf(name, shard.count) === shard.index)
}

/** The addresses for `/sd`: the template of all shards, or the own address. Empty if they are not configured. */
export interface TargetAddresses {
  readonly template: string
  readonly own: string
}

/** The targets of all shards if their addresses are known, otherwise those of this process. A shard without servers is one target. */
export function targetsOf(
  servers: readonly { readonly name: string; readonly databases: readonly { readonly team: string }[] }[],
  { index, count }: Shard = { index: 0, count: 1 },
  { template, own }: TargetAddresses
): readonly Target[] {
  const shards = Array.from({ length: count }, (_, shard) => ({
    address: addressOf(shard, template) ?? (own || undefined),
    servers: [] as { readonly server: string | undefined; readonly teams: readonly string[] }[]
  }))
  for (const { name, databases } of servers) {
    shards[shardOf(name, count)]?.servers.push({ server: name, teams: [...new Set(databases.map(({ team }) => team))] })
  }
  const listed = template === '' ? shards.slice(index, index + 1) : shards
  const none = { server: undefined, teams: [] }
  return listed.flatMap(({ address, servers: polled }) => (polled.length > 0 ? polled : [none]).map((one) => ({ ...one, address })))
}

/** The addresses under which this process is a target. */
export function ownAddresses({ index }: Shard = { index: 0, count: 1 }, { template, own }: TargetAddresses): readonly string[] {
  return [addressOf(index, template) ?? [], own || []].flat()
}

function addressOf(shard: number, template: string): string | undefined {
  return template === '' ? undefined : template.replaceAll(placeholder, String(shard))
}
