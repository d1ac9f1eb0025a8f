import { libpqWords } from '../src/config/libpq-words.ts'

const titles = { supported: 'supported', unsupported: 'not supported', ignored: 'no effect' }

/** The Markdown table of libpq's connection parameters and environment variables. */
export function libpqTable(): string {
  const rows = libpqWords.map(({ parameter, variable, treatment, values, note }) => {
    const accepted =
      values === undefined
        ? ''
        : `${treatment === 'unsupported' ? 'accepted' : 'values'}: ${values.map((value) => `\`${value}\``).join(', ')}`
    const code = (word: string | undefined) => (word === undefined ? '' : `\`${word}\``)
    return `| ${code(parameter)} | ${code(variable)} | ${titles[treatment]} | ${[note, accepted].filter((text) => text !== '').join('; ')} |`
  })
  return ['| parameter | variable | | |', '|---|---|---|---|', ...rows].join('\n').replaceAll('|  |', '| |')
}
