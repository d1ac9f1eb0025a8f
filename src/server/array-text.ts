/**
 * Formats an array of texts as PostgreSQL's input syntax, for the parameter of a texts query.
 * Source: PostgreSQL's documentation, "Array Input and Output Syntax".
 */
export function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`).join(',')}}`
}
