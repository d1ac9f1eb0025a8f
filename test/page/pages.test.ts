import { Gzip, gunzipSync } from 'node:zlib'
import { test } from 'tap'
import type { RenderedPage } from '../../src/page/page.ts'
import { Pages } from '../../src/page/pages.ts'
import type { Selection } from '../../src/page/selection.ts'
import type { Work } from '../../src/run-in-slices.ts'

/** Pages of a state that tests change, in virtual time. The server `none` is unknown. */
function makePages() {
  const state = {
    now: 0,
    value: 1,
    revision: 1,
    freshUntil: Number.POSITIVE_INFINITY,
    renders: 0,
    nextScrape: undefined as number | undefined,
    /** Runs while a page is rendered. */
    during: () => {},
    ended: () => {},
    rendering: (_: string) => {}
  }
  function* work(parts: readonly Buffer[]): Work<RenderedPage> {
    state.during()
    yield
    state.ended()
    return { parts, freshUntil: state.freshUntil }
  }
  const pages = new Pages({
    revisionOf: ({ server = '' }: Selection) => `${server} ${state.revision}`,
    readProcess: async () => 'process',
    render: ({ server = '' }, ofProcess, now) => {
      state.renders++
      state.rendering(server)
      if (server === 'none') return undefined
      const parts = [`${server} ${state.value}\n`, `${ofProcess} ${now}\n`].map((text) => Buffer.from(text))
      return work(parts)
    },
    nextScrape: () => state.nextScrape,
    clock: { now: () => state.now }
  })
  const change = () => {
    state.value++
    state.revision++
  }
  return { pages, state, change }
}

test('requests between two changes receive the same buffers', async (t) => {
  const { pages, state } = makePages()
  const first = await pages.get({})
  state.now = 14_000
  const second = await pages.get({})
  t.equal(second, first)
  t.equal(second?.text, first?.text)
  t.equal(await second?.gzip(), await first?.gzip())
  t.equal(String(first?.text), ' 1\nprocess 0\n')
  t.equal(gunzipSync((await first?.gzip()) ?? '').toString(), String(first?.text))
  t.equal(first?.builtAt, 0, 'the time of the state, not of the request')
  t.equal(state.renders, 1)
})

test('a change while a page is rendered belongs to the next page', async (t) => {
  const { pages, state, change } = makePages()
  state.during = () => {
    state.during = () => {}
    // Longer than one slice, so that other events are handled.
    state.now += 300
    setImmediate(change)
  }
  t.match(String((await pages.get({}))?.text), / 1\n/)
  t.equal(state.value, 2, 'the change was not delayed')
  t.match(String((await pages.get({}))?.text), / 2\n/)
})

test('after a change a page is served for 250 ms at most, and the next one has another entity tag', async (t) => {
  const { pages, state, change } = makePages()
  const first = await pages.get({})
  change()
  state.now = 250
  t.equal(await pages.get({}), first)
  state.now = 251
  const second = await pages.get({})
  t.match(String(second?.text), /^ 2$/m)
  t.equal(second?.builtAt, 251)
  t.not(second?.etag, first?.etag)
})

test('a page is not served after one of its values has expired, although nothing has changed', async (t) => {
  const { pages, state } = makePages()
  state.freshUntil = 100
  const first = await pages.get({})
  state.now = 100
  t.equal(await pages.get({}), first)
  state.now = 101
  state.freshUntil = Number.POSITIVE_INFINITY
  t.match(String((await pages.get({}))?.text), 'process 101')
})

test('requests during a build share it', async (t) => {
  const { pages, state } = makePages()
  const [first, second, other] = await Promise.all([pages.get({}), pages.get({}), pages.get({ server: 'a' })])
  t.equal(first, second)
  t.not(first, other)
  t.equal(state.renders, 2)
})

test('after an invalidation no earlier page is served, not even one whose build had begun', async (t) => {
  const { pages, state } = makePages()
  const first = await pages.get({})
  state.value = 2
  pages.invalidate()
  t.not(await pages.get({}), first, 'although the revision is the same')
  t.match(String((await pages.get({}))?.text), /^ 2$/m)
  pages.invalidate()
  const waiting = pages.get({})
  // Between the rendering of this page and the end of its build.
  while (state.renders < 3) await new Promise(setImmediate)
  state.value = 3
  pages.invalidate()
  t.match(String((await pages.get({}))?.text), /^ 3$/m)
  await waiting
})

test('a poll that ends in the same turn of the event loop as the request is on the page', async (t) => {
  const { pages, change } = makePages()
  const waiting = pages.get({})
  let poll: Promise<unknown> = Promise.resolve()
  for (let step = 0; step < 20; step++) poll = poll.then(() => step)
  await poll.then(change)
  t.match(String((await waiting)?.text), /^ 2$/m)
})

test('an unknown server has no page', async (t) => {
  const { pages } = makePages()
  t.equal(await pages.get({ server: 'none' }), undefined)
})

test('a page larger than the block of the compressor is compressed completely', async (t) => {
  const { pages, state } = makePages()
  const text = Array.from({ length: 100_000 }, (_, index) => `pg_x{id="${index}"} ${index * 7919}\n`).join('')
  Object.assign(state, { value: text })
  const page = await pages.get({})
  t.ok((page?.text.length ?? 0) > 2 ** 21)
  t.ok(gunzipSync((await page?.gzip()) ?? '').equals(page?.text ?? Buffer.alloc(0)))
})

test('an error of the compressor fails one request only', async (t) => {
  const { pages } = makePages()
  const page = await pages.get({})
  const broken = (_: unknown, __: unknown, done: (error: Error) => void) => done(new Error('out of memory'))
  Object.defineProperty(Gzip.prototype, '_transform', { value: broken, configurable: true })
  await t.rejects(async () => void (await page?.gzip()), { message: 'out of memory' })
  Reflect.deleteProperty(Gzip.prototype, '_transform')
  t.equal(gunzipSync((await page?.gzip()) ?? '').toString(), String(page?.text))
})

test('a page is prepared after a change without a request, in the forms that were requested', async (t) => {
  const { pages, state, change } = makePages()
  pages.start()
  t.teardown(() => pages.stop())
  await (await pages.get({}))?.gzip()
  change()
  state.now = 10_000
  state.nextScrape = 10_010
  await pages.get({ server: 'a' })
  pages.plan()
  state.nextScrape = undefined
  while (state.renders < 3) await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(state.renders, 3, 'without a request')
  const page = await pages.get({})
  t.equal(page?.builtAt, 10_000)
  t.equal(state.renders, 3)
})

test('pages are built one after the other, those that are requested first', async (t) => {
  const { pages, state, change } = makePages()
  const built: string[] = []
  state.rendering = (server) => void built.push(server)
  let inProgress = 0
  state.during = () => {
    inProgress++
    t.equal(inProgress, 1)
    state.now += 20
  }
  state.ended = () => void inProgress--
  pages.start()
  t.teardown(() => pages.stop())
  for (const server of ['a', 'b', 'c', 'd']) await pages.get({ server })
  t.same(built.splice(0), ['a', 'b', 'c', 'd'])
  change()
  state.now += 10_000
  state.nextScrape = state.now + 10
  // All four are prepared. While the first is built, two of the others are requested.
  const requested = new Promise<readonly unknown[]>((resolve) => {
    state.rendering = (server) => {
      built.push(server)
      if (built.length === 1) resolve(Promise.all(['d', 'c', 'd'].map((one) => pages.get({ server: one }))))
    }
  })
  // The timer of the preparation does not keep the process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  pages.plan()
  const [first, , third] = await requested
  while (built.length < 4) await new Promise((resolve) => setTimeout(resolve, 1))
  t.same(built, ['a', 'c', 'd', 'b'], 'b, which nobody waits for, is the last')
  t.equal(first, third)
})
