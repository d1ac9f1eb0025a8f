/** Tells on stderr what is being done; stdout is the report's alone. */
export function progress(message: string): void {
  process.stderr.write(`bench: ${message}\n`)
}
