/** The word that was probably meant: one with at most two letters changed, left out or put in. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const byDistance = words.map((candidate) => ({ candidate, distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()) }))
  const [best] = byDistance.sort((left, right) => left.distance - right.distance)
  return best !== undefined && best.distance <= Math.min(2, word.length / 2) ? best.candidate : undefined
}

/** How many letters must be changed, left out or put in (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
