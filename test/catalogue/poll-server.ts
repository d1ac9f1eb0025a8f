import { setTimeout } from 'node:timers/promises'
import { makeExporter } from '../exporter/run-exporter.ts'
import { type PageSample, sampleValue } from '../page/parse-page.ts'
import type { TestServer } from '../servers/start-server.ts'

/** What one poll of a server says. */
export interface Answer {
  readonly samples: readonly PageSample[]
  /** The value of the one sample with this name and these labels; undefined when there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

/** Polls the database `platform` of a server once, as a role with pg_monitor alone. */
export async function pollServer(server: TestServer): Promise<Answer> {
  const { exporter, samples } = makeExporter({ DATABASE_URL: server.url('platform', 'pgvitals') })
  try {
    await exporter.pollOnce()
    const all = await samples()
    return { samples: all, value: (name, labels) => sampleValue(all, name, labels) }
  } finally {
    await exporter.stop()
  }
}

/** Polls until the answer is as it should be, or gives the last one after some seconds, for the assertions to judge. */
export async function pollUntil(server: TestServer, isSo: (answer: Answer) => boolean, seconds = 10): Promise<Answer> {
  for (const start = performance.now(); ; ) {
    const answer = await pollServer(server)
    if (isSo(answer) || performance.now() - start > seconds * 1000) return answer
    await setTimeout(100)
  }
}
