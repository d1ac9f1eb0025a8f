import { libpqWords } from '../src/config/libpq-words.ts'

const titles = { honoured: 'honoured', refused: 'refused', ignored: 'no effect' }

/** The Markdown table of libpq's connection parameters and environment variables. */
export function libpqTable(): string {
  const rows = libpqWords.map(({ parameter, variable, treatment, values, note }) => {
    const accepted =
      values === undefined ? '' : `${treatment === 'refused' ? 'accepted' : 'values'}: ${values.map((value) => `\`${value}\``).join(', ')}`
    const code = (word: string | undefined) => (word === undefined ? '' : `\`${word}\``)
    return `| ${code(parameter)} | ${code(variable)} | ${titles[treatment]} | ${[note, accepted].filter((text) => text !== '').join('; ')} |`
  })
  return ['| parameter | variable | | |', '|---|---|---|---|', ...rows].join('\n').replaceAll('|  |', '| |')
}
