/** A version of PostgreSQL (`[17]`) or of an extension (`[1, 11]`): numbers, the most significant first. */
export type Version = readonly number[]

/** Reads `17` or `1.11`; anything else, as an extension's `1.0-dev`, gives the numbers it begins with. */
export function parseVersion(text: string): Version {
  const digits = /^\d+(\.\d+)*/.exec(text)
  return digits === null ? [] : digits[0].split('.').map(Number)
}

/** Below zero when `left` is older, above when it is newer; missing numbers count as 0. */
export function compareVersions(left: Version, right: Version): number {
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The version as it is written in a file's name or header. */
export function formatVersion(version: Version): string {
  return version.join('.')
}
