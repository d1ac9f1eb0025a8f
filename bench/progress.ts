/** Writes progress to stderr; stdout contains only the report. */
export function progress(message: string): void {
  process.stderr.write(`bench: ${message}\n`)
}
