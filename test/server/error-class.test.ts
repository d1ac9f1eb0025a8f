import { test } from 'tap'
import { ClassedError, classOf, messageOf } from '../../src/server/error-class.ts'

test('every error has a class, by SQLSTATE, by errno or by declaration', async (t) => {
  const cases = [
    ['28P01', 'auth'],
    ['28000', 'auth'],
    ['42501', 'privilege'],
    ['57014', 'timeout'],
    ['55P03', 'lock'],
    ['53300', 'too_many_connections'],
    ['53200', 'resources'],
    ['57P03', 'shutdown'],
    ['42P01', 'schema'],
    ['42703', 'schema'],
    ['22021', 'encoding'],
    ['25006', 'read_only'],
    ['3D000', 'no_database'],
    ['40001', 'conflict'],
    ['55000', 'prerequisite'],
    ['08006', 'network'],
    ['XX000', 'other'],
    ['ECONNREFUSED', 'network'],
    ['ENOTFOUND', 'network'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls']
  ] as const
  for (const [code, expected] of cases) t.equal(classOf(Object.assign(new Error('x'), { code })), expected, code)
  t.equal(classOf(new Error('x')), 'other')
  t.equal(classOf(new ClassedError('timeout', 'x')), 'timeout')
})

test('the errors of a host with several addresses have the class and message of the first one', async (t) => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' })
  t.equal(classOf(new AggregateError([refused])), 'network')
  t.equal(messageOf(new AggregateError([refused])), 'connect ECONNREFUSED ::1:1')
})

test('a message is one line and includes the error code', async (t) => {
  t.equal(messageOf(Object.assign(new Error('relation\n  is gone'), { code: '42P01' })), 'relation is gone (42P01)')
})

test('a long message is cut to 1 kB at the end of a character and keeps the error code', async (t) => {
  const raised = (message: string) => messageOf(Object.assign(new Error(message), { code: 'P0001' }))
  t.equal(raised('x'.repeat(10_000_000)), `${'x'.repeat(1024)} … (P0001)`)
  t.equal(raised(`x${'ä'.repeat(600)}`), `x${'ä'.repeat(511)} … (P0001)`)
  t.equal(raised('x'.repeat(1024)), `${'x'.repeat(1024)} (P0001)`)
})
