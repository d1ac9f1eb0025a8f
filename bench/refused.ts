import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, startServer } from '../test/servers/start-server.ts'
import { readCpuSeconds, readMemory } from './process-usage.ts'
import { progress } from './progress.ts'
import { countSamples, fetchPage, quantile, type Scrape, scrapeUntil } from './scrape.ts'
import { startSubject } from './subject.ts'

const serverCount = Number(process.env.BENCH_SERVERS || 1000)
const databaseCount = Number(process.env.BENCH_DATABASES || 1)
const seconds = Number(process.env.BENCH_SECONDS || 60)
const settleSeconds = 20
/** The folder of another version of pgvitals, with its build, to compare with. */
const root = process.env.BENCH_BEFORE || join(import.meta.dirname, '..')
/** Ports below the range from which the system chooses the ports of clients; nothing listens on them. */
const firstPort = 21_000

/** Many servers, one of which responds: the start, the page, the CPU and the reload. */
const server = await startServer()
const folder = mkdtempSync(join(tmpdir(), 'pgvitals-refused-'))
try {
  await server.sql('postgres', "create role pgvitals login password 'secret' in role pg_monitor")
  const config = join(folder, 'pgvitals.yaml')
  const names = Array.from({ length: databaseCount }, (_, index) => (index === 0 ? 'postgres' : `postgres_${index}`))
  const write = (team: string) => {
    const databases = Object.fromEntries(names.map((name) => [name, { team }]))
    const declare = (port: number) => ({ host: '127.0.0.1', port, user: 'pgvitals', password: 'secret', databases })
    const refused = Array.from({ length: serverCount - 1 }, (_, index) => [`refused_${index}`, declare(firstPort + index)])
    writeFileSync(config, JSON.stringify({ servers: { running: declare(server.port), ...Object.fromEntries(refused) } }))
  }
  write('one')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const running = await startSubject({
    name: 'pgvitals',
    role: 'pgvitals',
    command: process.execPath,
    args: [join(root, 'dist/main.js')],
    env: { PGVITALS_CONFIG: config, PGVITALS_PORT: String(port), PGVITALS_LOG_LEVEL: 'fatal' },
    readyUrl: `${url}/healthz`,
    urls: [],
    isProbed: true
  })
  try {
    const { pid } = running
    const report: Record<string, number | undefined> = { servers: serverCount, databases: databaseCount }
    report.listenSeconds = running.startSeconds
    report.listenCpuSeconds = readCpuSeconds(pid)
    await running.readStall()
    await sleep(settleSeconds * 1000)
    report.startStallMs = await running.readStall()
    report.startCpuSeconds = readCpuSeconds(pid)
    progress(`measuring ${seconds} s`)
    const cpuBefore = readCpuSeconds(pid)
    const ended = AbortSignal.timeout(seconds * 1000)
    const scrapes: Scrape[] = []
    await scrapeUntil([`${url}/metrics`], { scrapers: 1, everySeconds: 5, signal: ended }, (scrape) => scrapes.push(scrape))
    report.cpuSecondsPerMinute = ((readCpuSeconds(pid) - cpuBefore) * 60) / seconds
    report.stallMs = await running.readStall()
    const milliseconds = scrapes.map((scrape) => scrape.milliseconds).sort((left, right) => left - right)
    report.scrapeP50Ms = quantile(milliseconds, 0.5)
    report.scrapeMaxMs = quantile(milliseconds, 1)
    const page = await fetchPage(`${url}/metrics`)
    report.samples = countSamples(page)
    report.samplesPerRefusedServer = countSamples(page.replaceAll(/^.*\{(?!.*server="refused_1").*\n|^[^{]*\n/gm, ''))
    report.pageBytes = page.length
    report.residentBytes = readMemory(pid).resident
    await running.readStall()
    const cpuOfReload = readCpuSeconds(pid)
    process.kill(pid, 'SIGHUP')
    await sleep(3000)
    report.reloadUnchangedStallMs = await running.readStall()
    report.reloadUnchangedCpuSeconds = readCpuSeconds(pid) - cpuOfReload
    write('other')
    process.kill(pid, 'SIGHUP')
    await sleep(5000)
    report.reloadChangedStallMs = await running.readStall()
    console.log(JSON.stringify(report, undefined, 2))
  } finally {
    await running.stop()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
  await server.remove()
}
