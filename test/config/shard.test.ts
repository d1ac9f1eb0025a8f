import { test } from 'tap'
import { checkShardTargets, checkTarget, ownAddresses, readShard, serversOf, shardOf, targetsOf } from '../../src/config/shard.ts'

const names = Array.from({ length: 4000 }, (_, index) => `db-${index}.example.internal:5432`)
const all = { template: 'p-{shard}:1', own: '' }
const none = { template: '', own: '' }
const counts = [1, 2, 3, 5, 8, 13]

test('every server belongs to exactly one shard, and no shard has more than 1.25 times its part', async (t) => {
  for (const count of counts) {
    const sizes = Array.from({ length: count }, () => 0)
    for (const name of names) sizes[shardOf(name, count)] = (sizes[shardOf(name, count)] ?? 0) + 1
    t.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      names.length
    )
    t.ok(Math.max(...sizes) < (1.25 * names.length) / count, `${count} shards: ${sizes}`)
  }
})

test('an added shard receives servers and no other shard does; about one part of the servers moves', async (t) => {
  for (const count of counts) {
    const moved = names.filter((name) => shardOf(name, count) !== shardOf(name, count + 1))
    t.ok(
      moved.every((name) => shardOf(name, count + 1) === count),
      'moved servers belong to the new shard'
    )
    t.ok(moved.length < (1.25 * names.length) / (count + 1), `${count} to ${count + 1}: ${moved.length}`)
    t.ok(moved.length > (0.75 * names.length) / (count + 1))
  }
})

test('the shard of a name is the same in every version of pgvitals', async (t) => {
  t.same(
    ['main', 'local', 'db.example.internal:5432', 'größer'].map((name) => shardOf(name, 5)),
    [2, 2, 3, 1]
  )
})

test('PGVITALS_SHARD is a number from 0 and the number of shards, or the name of a pod', async (t) => {
  const errors: string[] = []
  t.equal(readShard('', errors), undefined)
  t.same(readShard('2/5', errors), { index: 2, count: 5 })
  t.same(readShard('pgvitals-eu.west-3/4', errors), { index: 3, count: 4 })
  t.same(errors, [])
  for (const [text, message] of [
    ['5/5', 'shard 5 of 5 does not exist; the shards are numbered from 0 to 4'],
    ['0/0', 'shard 0 of 0 does not exist; the number of shards must be at least 1'],
    ['2', 'invalid value; expected a shard and the number of shards, such as 0/3 or pgvitals-0/3'],
    ['-1/3', 'invalid value; expected a shard and the number of shards, such as 0/3 or pgvitals-0/3'],
    ['pgvitals/3', 'invalid value; expected a shard and the number of shards, such as 0/3 or pgvitals-0/3']
  ] as const) {
    const found: string[] = []
    const shard = readShard(text, found)
    t.equal(shard, undefined, text)
    t.same(found, [`PGVITALS_SHARD: ${message}`])
  }
})

test('PGVITALS_SHARD_TARGETS is one address with {shard}, and needs PGVITALS_SHARD', async (t) => {
  const errorsOf = (template: string, isSharded = true) => {
    const errors: string[] = []
    checkShardTargets(template, isSharded, errors)
    return errors.map((error) => error.replace('PGVITALS_SHARD_TARGETS: ', ''))
  }
  t.same(errorsOf(''), [])
  t.same(errorsOf('', false), [])
  t.same(errorsOf('pgvitals-{shard}.pgvitals:9187'), [])
  t.same(errorsOf('pgvitals-{shard}:9187', false), ['only valid together with PGVITALS_SHARD'])
  t.same(errorsOf('pgvitals:9187'), ['must contain {shard}, such as pgvitals-{shard}.pgvitals:9187'])
  t.same(errorsOf('http://pgvitals-{shard}:9187'), ['expected one address without a scheme, such as pgvitals-{shard}.pgvitals:9187'])
})

test('the targets are those of all shards if their addresses are known, and a shard without servers is a target too', async (t) => {
  const servers = names.slice(0, 20).map((name) => ({ name, databases: [{ team: 'a' }, { team: 'b' }, { team: 'a' }] }))
  const shard = { index: 1, count: 3 }
  const targets = targetsOf(servers, shard, all)
  t.same(targets.map(({ server }) => server).toSorted(), servers.map(({ name }) => name).toSorted())
  t.ok(targets.every(({ teams }) => teams.join() === 'a,b'))
  for (const { server, address } of targets) t.equal(address, `p-${shardOf(server ?? '', 3)}:1`)
  t.same(
    targetsOf(servers, shard, none).map(({ server }) => server),
    serversOf(servers, shard).map(({ name }) => name)
  )
  t.same(targetsOf([], shard, none), [{ server: undefined, teams: [], address: undefined }])
  t.same(targetsOf([], shard, all), [
    { server: undefined, teams: [], address: 'p-0:1' },
    { server: undefined, teams: [], address: 'p-1:1' },
    { server: undefined, teams: [], address: 'p-2:1' }
  ])
})

test('the shard of each server is calculated once for the targets of all shards', async (t) => {
  let reads = 0
  const servers = names.slice(0, 20).map((name) => ({
    get name() {
      reads++
      return name
    },
    databases: []
  }))
  t.equal(targetsOf(servers, { index: 0, count: 3 }, all).length, 20)
  t.equal(reads, 20)
})

test('PGVITALS_TARGET is the address of this process', async (t) => {
  const errorsOf = (target: string, template = '') => {
    const errors: string[] = []
    checkTarget(target, template, errors)
    return errors.map((error) => error.replace('PGVITALS_TARGET: ', ''))
  }
  for (const valid of ['', 'pgvitals:9187', '[::1]:9187']) t.same(errorsOf(valid), [], valid)
  t.same(errorsOf('', 'p-{shard}:1'), [])
  t.same(errorsOf('http://pgvitals:9187'), ['expected one address without a scheme, such as pgvitals:9187'])
  t.same(errorsOf('pgvitals:9187', 'p-{shard}:1'), ['not valid together with PGVITALS_SHARD_TARGETS'])
  const own = { template: '', own: 'pgvitals:9187' }
  t.match(targetsOf([{ name: 's', databases: [] }], undefined, own), [{ server: 's', address: 'pgvitals:9187' }])
  t.same(ownAddresses(undefined, own), ['pgvitals:9187'])
  t.same(ownAddresses({ index: 1, count: 3 }, all), ['p-1:1'])
  t.same(ownAddresses(undefined, none), [])
})
