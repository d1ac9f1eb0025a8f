// Loaded into the exporter by NODE_OPTIONS=--import. Measures the longest time for which the event loop did not wait for
// events. An immediate without a reference runs once after each wait and never wakes the loop, so an idle process costs nothing.
import { performance } from 'node:perf_hooks'

let longest = 0
let last = performance.eventLoopUtilization()

function check() {
  const now = performance.eventLoopUtilization()
  longest = Math.max(longest, now.active - last.active)
  last = now
  setImmediate(check).unref()
}
check()

// Each message is answered with the longest stall since the previous one, in milliseconds.
process.on('message', () => {
  process.send?.(longest)
  longest = 0
})
process.channel?.unref()
