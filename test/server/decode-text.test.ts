import { test } from 'tap'
import { renderLabels } from '../../src/metric/exposition.ts'
import { decodeText, isUndecodable } from '../../src/server/decode-text.ts'

const bytes = (hex: string) => Buffer.from(hex, 'hex').toString('latin1')

test('a name of a shared catalog is UTF-8, any other text has the encoding of the database', async (t) => {
  const utf8 = bytes('6772c3b6c39f65')
  for (const encoding of ['UTF8', 'LATIN1', 'WIN1252', 'EUC_JP', 'SQL_ASCII']) {
    for (const column of ['datname', 'tablespace']) t.equal(decodeText(utf8, column, encoding), 'größe', encoding)
    t.equal(decodeText('plain', 'relname', encoding), 'plain', encoding)
  }
  for (const [encoding, hex, text] of [
    ['LATIN1', 'c3b6', 'Ã¶'],
    ['LATIN2', 'b9', 'š'],
    ['LATIN9', 'a4', '€'],
    ['WIN1252', '80', '€'],
    ['WIN1251', 'c6', 'Ж'],
    ['KOI8R', 'd6', 'ж'],
    ['EUC_JP', 'c6fccbdc', '日本'],
    ['EUC_KR', 'c7d1', '한'],
    ['SQL_ASCII', 'c3b6', 'ö'],
    ['MULE_INTERNAL', 'c3b6', 'ö']
  ] as const) {
    t.equal(decodeText(bytes(hex), 'relname', encoding), text, encoding)
  }
})

test('invalid bytes stay distinguishable, and valid characters around them are kept', async (t) => {
  t.equal(decodeText(bytes('6772f6c3b6'), 'datname', 'LATIN1'), 'gr\ufffdf6ö')
  t.equal(decodeText(bytes('61c3'), 'datname', 'UTF8'), 'a\ufffdc3', 'a name that was truncated within a character')
  for (const [hex, text] of [
    ['e282acf09f9880e282', '€😀\ufffde2\ufffd82'],
    ['c080eda080f8f4908080', '\ufffdc0\ufffd80\ufffded\ufffda0\ufffd80\ufffdf8\ufffdf4\ufffd90\ufffd80\ufffd80']
  ] as const) {
    t.equal(decodeText(bytes(hex), 'datname', 'UTF8'), text, hex)
  }
  t.equal(isUndecodable(decodeText(bytes('ff'), 'datname', 'UTF8')), true)
  t.equal(isUndecodable('größe'), false)
})

test('different bytes are different names, whatever characters they contain', async (t) => {
  // Parts that could be confused: an invalid byte, its replacement, and the replacement of another byte.
  const parts = ['ff', 'efbfbd', 'efbfbdefbfbd', '6666', 'efbfbd6666', '09', '3039', '0d', 'c285', '7530303835', 'c3b6', 'c3']
  const names = parts.flatMap((one) => ['', ...parts].flatMap((two) => ['', ...parts].map((three) => one + two + three)))
  for (const encoding of ['UTF8', 'SQL_ASCII']) {
    const lines = new Map<string, string>()
    for (const name of names) {
      const line = renderLabels({ relname: decodeText(bytes(name), 'relname', encoding) })
      if ((lines.get(line) ?? name) !== name) t.fail(`${name} and ${lines.get(line)} are ${line}`)
      lines.set(line, name)
    }
    t.equal(lines.size, new Set(names).size, encoding)
  }
})
