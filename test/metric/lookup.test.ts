import { test } from 'tap'
import { Lookup } from '../../src/metric/lookup.ts'

const shown = (...pairs: readonly (readonly [string, readonly string[]])[]) => new Map(pairs.map(([id, names]) => [id, new Set(names)]))
const newLookup = () => new Lookup({ label: 'queryid', of: 'statements', everySeconds: 300, textLength: 300 })

test('what is shown and unknown is asked for, and no more than once in a while', async (t) => {
  const lookup = newLookup()
  t.same(lookup.wanted(shown(['1', ['a']], ['2', ['a']]), 0), ['1', '2'])
  lookup.learn(shown(['1', ['a']], ['2', ['a']]), [{ id: '1', text: 'one', datname: 'a' }])
  t.equal(lookup.textOf('1'), 'one')
  t.same(lookup.wanted(shown(['1', ['a']], ['2', ['a']]), 299_000), [])
  t.same(lookup.wanted(shown(['1', ['a']], ['2', ['a']]), 300_000), ['2'])
})

test('one text is kept for a value, and who ran another one under the same value is not told it', async (t) => {
  const lookup = newLookup()
  lookup.learn(shown(['1', ['a', 'b', 'c']]), [
    { id: '1', text: 'select ssn', datname: 'a' },
    { id: '1', text: 'select x', datname: 'b' },
    { id: '1', text: 'select ssn', datname: 'c' }
  ])
  t.equal(lookup.textOf('1'), 'select ssn')
  t.same(lookup.ranIn('1', new Set(['a', 'b', 'c'])), ['a', 'c'])
  t.same(lookup.wanted(shown(['1', ['a', 'b']]), 0), [], 'it was looked for in both')
  t.same(lookup.wanted(shown(['1', ['a', 'd']]), 0), ['1'], 'but not in one that came later')
  lookup.learn(shown(['1', ['a', 'd']]), [
    { id: '1', text: 'select x', datname: 'b' },
    { id: '1', text: 'select ssn', datname: 'd' }
  ])
  t.equal(lookup.textOf('1'), 'select ssn', 'the text stays as long as it runs anywhere')
  t.same(lookup.ranIn('1', new Set(['a', 'b', 'd'])), ['d'])
})

test('where a query does not say where its texts come from, everybody may see them', async (t) => {
  const lookup = newLookup()
  lookup.learn(shown(['1', ['a']]), [{ id: '1', text: 'one', datname: undefined }])
  t.same(lookup.ranIn('1', new Set(['a', 'b'])), ['a', 'b'])
  t.same(lookup.wanted(shown(['1', ['b']]), 0), [])
})
