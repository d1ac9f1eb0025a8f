/** Whether no column of a key's text is null. */
export function isWhole(key: string): boolean {
  return key !== '()' && !key.startsWith('(,') && !key.endsWith(',)') && !key.includes(',,')
}
