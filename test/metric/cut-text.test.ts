import { test } from 'tap'
import { bytesCut, cutText } from '../../src/metric/cut-text.ts'

test('a text of at most 1 kB is not cut', async (t) => {
  for (const text of ['', 'x'.repeat(1024), 'ä'.repeat(512), '🐘'.repeat(256)]) {
    t.equal(cutText(text), text)
    t.equal(bytesCut(text), 0)
  }
})

test('a longer text is cut at the end of a character, with a hash of the whole text', async (t) => {
  for (const one of ['x', 'ä', '表', '🐘']) {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const text = before + one.repeat(2000)
      const cut = cutText(text)
      t.match(cut, new RegExp(`^${before}(${one})+…[0-9a-f]{16}$`, 'u'))
      const bytes = Buffer.byteLength(cut)
      t.ok(bytes <= 1024 && bytes > 1020, `${bytes} bytes`)
      t.equal(bytesCut(text), Buffer.byteLength(text) - bytes)
      t.not(cutText(`${text}y`), cut)
    }
  }
})
