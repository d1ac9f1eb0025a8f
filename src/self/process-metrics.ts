import Gauge from 'prom-client/lib/gauge.js'
import gc from 'prom-client/lib/metrics/gc.js'
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js'
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js'
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js'
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js'
import processStartTime from 'prom-client/lib/metrics/processStartTime.js'
import version from 'prom-client/lib/metrics/version.js'
import Registry from 'prom-client/lib/registry.js'
import type { EventLoopLag } from './event-loop-lag.ts'

/**
 * The metrics of the process in the text format, under the names of prom-client. The package as a whole would load the API of
 * OpenTelemetry for the CPU counters: a tenth of the memory of the process.
 */
export function createProcessMetrics(lag: EventLoopLag): () => Promise<string> {
  const registry = new Registry()
  const collectors = [processStartTime, osMemoryHeap, processOpenFileDescriptors, processMaxFileDescriptors, heapSizeAndUsed, version, gc]
  for (const collect of collectors) collect(registry)
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] })
  const ofLag = (name: string, what: string) =>
    gauge(`nodejs_eventloop_lag_${name}_seconds`, `The ${what} lag of the event loop in the last one to two minutes, in seconds.`)
  const mean = ofLag('mean', 'mean')
  const max = ofLag('max', 'longest')
  const percentiles = [50, 90, 99].map((percent) => ({ percent, gauge: ofLag(`p${percent}`, `${percent}th percentile of the`) }))
  return async () => {
    const measured = lag.read()
    mean.set(measured.mean)
    max.set(measured.max)
    for (const { percent, gauge } of percentiles) gauge.set(measured.percentile(percent))
    return `${cpuCounters()}${await registry.metrics()}`
  }
}

function cpuCounters(): string {
  const { user, system } = process.cpuUsage()
  const counter = (name: string, what: string, microseconds: number) =>
    `# HELP ${name} Total ${what} time spent in seconds.\n# TYPE ${name} counter\n${name} ${microseconds / 1e6}\n`
  return (
    counter('process_cpu_user_seconds_total', 'user CPU', user) +
    counter('process_cpu_system_seconds_total', 'system CPU', system) +
    counter('process_cpu_seconds_total', 'user and system CPU', user + system)
  )
}
