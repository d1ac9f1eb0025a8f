/** Whether no column of a key's text is null. */
export function isWhole(key: string): boolean {
  return key !== '()' && !key.startsWith('(,') && !key.endsWith(',)') && !key.includes(',,')
}

/**
 * The key of a row and how the text of its values begins, from one text of the key's columns and that many values.
 * Numbers have no comma, so the last commas are those between them.
 */
export function splitWatched(text: string, values: number): { readonly key: string; readonly begins: string } {
  let end = text.length
  for (let count = 0; count < values; count++) end = text.lastIndexOf(',', end - 1)
  return { key: `${text.slice(0, end)})`, begins: `${text.slice(end + 1, -1)},` }
}
