import { readConfig, readEnvironment } from '../config/config.ts'
import { diagnose } from '../doctor/doctor.ts'

/**
 * Connects to every database and reports findings and their fixes. The exit code is 1 if there is an error; hints do
 * not count.
 */
export async function doctor({ json }: { readonly json: boolean }): Promise<void> {
  const config = await readConfig(await readEnvironment())
  for (const note of config.notes) process.stderr.write(`pgvitals: ${note}\n`)
  const { isHealthy, servers, text } = await diagnose(config.servers, config.queries)
  process.stdout.write(json ? `${JSON.stringify({ isHealthy, servers }, null, 2)}\n` : text)
  process.exitCode = isHealthy ? 0 : 1
}
