// Loaded into the exporter by NODE_OPTIONS=--import. Measures the longest time for which the event loop did not wait for
// events. An immediate without a reference runs once after each wait and never wakes the loop, so an idle process costs nothing.
import { performance } from 'node:perf_hooks'
import { getHeapCodeStatistics } from 'node:v8'

let longest = 0
let last = performance.eventLoopUtilization()

function check() {
  const now = performance.eventLoopUtilization()
  longest = Math.max(longest, now.active - last.active)
  last = now
  setImmediate(check).unref()
}
check()

/** The compiled code, which grows while functions are used for the first time or become hot. */
function codeBytes() {
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics()
  return machine + bytecode
}

// Each message is answered with the longest stall since the previous one, in milliseconds; `resources` also with the heap
// without code after a garbage collection, which is not part of a stall, and the number of active resources by type.
process.on('message', (asked) => {
  const stall = longest
  if (asked === 'resources') {
    globalThis.gc?.()
    const resources = {}
    for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1
    process.send?.({ stall, heapBytes: process.memoryUsage().heapUsed - codeBytes(), resources })
  } else {
    process.send?.(stall)
  }
  longest = 0
  last = performance.eventLoopUtilization()
})
process.channel?.unref()
