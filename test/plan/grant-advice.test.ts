import { test } from 'tap'
import { grantAdvice } from '../../src/plan/grant-advice.ts'
import { capabilities } from '../../src/server/capability.ts'
import type { Facts } from '../../src/server/facts.ts'
import { makeCandidate, makeExtension, makeFacts } from './make-candidate.ts'

const monitor = capabilities.filter(({ isServerWide }) => !isServerWide).map(({ name }) => name)

/** A role with all capabilities of `pg_monitor` and these ones. */
const seeing = (more: readonly string[], version?: readonly number[]): Facts =>
  makeFacts([18], {
    capabilities: new Set([...monitor, ...more]),
    extensions: new Map(version === undefined ? [] : [['pg_stat_statements', makeExtension(version)]])
  })

test('a missing grant is reported once per role, with all that the role cannot see', async (t) => {
  const weak = makeFacts([18], { role: 'we ak' })
  const advice = grantAdvice([makeCandidate('a', weak), makeCandidate('b', weak), makeCandidate('c', { ...weak, role: 'other' })])
  t.match(advice, [
    /^role we ak cannot see the WAL directory; settings that only superusers may read; sessions.*; run as a superuser: grant pg_monitor to "we ak"$/,
    /^role other cannot see .*grant pg_monitor to other$/,
    /^statements are not exported: run create extension pg_stat_statements in database a; if its library is not loaded: alter system/
  ])
  t.equal(advice.length, 3)
})

test('what a standby lacks is created on its primary', async (t) => {
  const tracking = new Map([['track_counts', { isOn: false, source: 'database', offIn: 'here' as const }]])
  t.match(grantAdvice([makeCandidate('d', makeFacts([18], { role: 'weak', isStandby: true, tracking }))]), [
    /; run as a superuser on the primary: grant pg_monitor to weak$/,
    /run create extension pg_stat_statements in database d on the primary; if/,
    /; run as a superuser on the primary: alter database d reset track_counts$/
  ])
})

test('a role that sees everything needs no grant', async (t) => {
  t.same(grantAdvice([makeCandidate('d', seeing(['pg_stat_statements'], [1, 12]))]), [])
})

test('an extension whose library was not loaded at server start is reported', async (t) => {
  t.match(grantAdvice([makeCandidate('d', seeing([], [1, 12]))]), [
    /pg_stat_statements is installed in database d but was not loaded at server start; run: alter system/
  ])
})

test('an extension that is too old in every database is reported', async (t) => {
  const old = makeCandidate('d', seeing(['pg_stat_statements'], [1, 7]))
  t.match(grantAdvice([old]), [/in database d is older than 1\.8; run there: alter extension/])
  t.same(grantAdvice([old, makeCandidate('e', seeing(['pg_stat_statements'], [1, 8]))]), [])
})

test('one database with the extension is enough', async (t) => {
  const databases = [makeCandidate('d', seeing([])), makeCandidate('e', seeing(['pg_stat_statements'], [1, 12]))]
  t.same(grantAdvice(databases), [])
})

test('nothing is reported about a database that is down', async (t) => {
  t.same(grantAdvice([makeCandidate('d', makeFacts(), { isUp: false }), makeCandidate('e', undefined)]), [])
})
