import { test } from 'tap'
import { refusalOf, sansOf } from '../../src/http/client-certificate.ts'

test('the names of a certificate are read, also quoted ones', async (t) => {
  t.same(sansOf(''), [])
  t.same(sansOf('DNS:a.example, IP Address:10.0.0.1, email:a@b.example, URI:spiffe://a/b'), [
    'a.example',
    '10.0.0.1',
    'a@b.example',
    'spiffe://a/b'
  ])
  t.same(sansOf('DNS:"good.example, DNS:evil.example", URI:"http://a/\\u0022, DNS:x", DNS:b'), [
    'good.example, DNS:evil.example',
    'http://a/", DNS:x',
    'b'
  ])
  t.same(sansOf('IP Address:2001:DB8:0:0:0:0:0:1'), ['2001:db8::1'])
  t.same(sansOf('DirName:/CN=a, Registered ID:1.2.3, othername:<unsupported>'), [])
})

test('each policy rejects the certificates that it does not accept', async (t) => {
  const certificate = { subjectAltName: 'DNS:prometheus, IP Address:0:0:0:0:0:0:0:1' } as ReturnType<
    Parameters<typeof refusalOf>[0]['getPeerX509Certificate']
  >
  const connection = (isGiven: boolean, authorized: boolean) => ({
    authorized,
    authorizationError: new Error('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    getPeerX509Certificate: () => (isGiven ? certificate : undefined)
  })
  const none = { isRequested: false, isRequired: false, isVerified: false, allowedSans: undefined }
  const [without, unverified, verified] = [connection(false, false), connection(true, false), connection(true, true)]
  const outcome = (policy: object) => [without, unverified, verified].map((one) => refusalOf(one, { ...none, ...policy }) === undefined)
  t.same(outcome({}), [true, true, true])
  t.same(outcome({ isRequired: true }), [false, true, true])
  t.same(outcome({ isVerified: true }), [true, false, true])
  t.same(outcome({ isRequired: true, isVerified: true }), [false, false, true])
  t.same(outcome({ isRequired: true, isVerified: true, allowedSans: ['x', '::1'] }), [false, false, true])
  t.same(outcome({ isRequired: true, allowedSans: ['Prometheus'] }), [false, false, false])
})
