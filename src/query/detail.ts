/** The levels of detail, from the fewest series to all. Each level includes the previous ones. */
export const details = ['minimal', 'standard', 'full'] as const

export type Detail = (typeof details)[number]

export const defaultDetail: Detail = 'standard'

/** Reads the name of a level; undefined for anything else. */
export function parseDetail(text: string): Detail | undefined {
  return details.find((detail) => detail === text)
}

/** Whether a level includes what is exported from the level `from` on. */
export function includesDetail(level: Detail, from: Detail): boolean {
  return details.indexOf(from) <= details.indexOf(level)
}
