/** A hint for a misspelt word, to be followed by the rest of the message; `''` if no word is similar. */
export function didYouMean(word: string, words: readonly string[]): string {
  const nearest = nearestWord(word, words)
  return nearest === undefined ? '' : `did you mean "${nearest}"? `
}

/** The most similar word, with at most two letters substituted, deleted or inserted. */
function nearestWord(word: string, words: readonly string[]): string | undefined {
  const byDistance = words.map((candidate) => ({ candidate, distance: levenshtein(word.toLowerCase(), candidate.toLowerCase()) }))
  const [best] = byDistance.sort((left, right) => left.distance - right.distance)
  return best !== undefined && best.distance <= Math.min(2, word.length / 2) ? best.candidate : undefined
}

/** The Levenshtein distance of two words. */
function levenshtein(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const substituted = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(substituted, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
