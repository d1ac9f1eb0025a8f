import { test } from 'tap'
import { createApp } from '../../src/http/app.ts'
import { createSharedText } from '../../src/http/shared-text.ts'
import { makeServed } from './make-served.ts'

test('a text is kept for 19 times as long as it took, each key for itself', async (t) => {
  let now = 0
  const share = createSharedText({ now: () => now })
  const make = (text: string, milliseconds: number) => () => {
    now += milliseconds
    return text
  }
  const first = share('a', make('first', 100))
  t.equal(String(first), 'first')
  t.equal(String(share('b', make('other', 0))), 'other')
  now += 1899
  t.equal(share('a', make('second', 0)), first, 'the same memory')
  now += 1
  t.equal(String(share('a', make('second', 0))), 'second')
  t.equal(String(share('a', make('third', 0))), 'third', 'a text that costs nothing is always new')
})

test('requests for / and /api/status do not make an expensive status again, and teams do not share it', async (t) => {
  let now = 0
  let made = 0
  const app = createApp(
    makeServed({
      clock: { now: () => now },
      logins: () => ({ everything: ['for-all'], teams: new Map(['a', 'b'].map((team) => [team, { tokens: [`for-${team}`] }])) }),
      status: (teams) => {
        made++
        now += 200
        return { version: [...(teams ?? ['everything'])].join(), servers: [] }
      }
    })
  )
  const get = async (url: string, token: string) => (await app.inject({ url, headers: { authorization: `Bearer ${token}` } })).body
  for (let round = 0; round < 3; round++) {
    for (const [token, version] of [
      ['for-all', 'everything'],
      ['for-a', 'a'],
      ['for-b', 'b']
    ] as const) {
      t.match(await get('/', token), `<h1>pgvitals ${version}</h1>`)
      t.equal(JSON.parse(await get('/api/status', token)).version, version)
    }
  }
  t.equal(made, 6)
})
