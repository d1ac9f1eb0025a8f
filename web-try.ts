import { createPasswordCheck } from '/work/wt/web/src/http/basic-auth.ts'
import { hashSync } from 'bcryptjs'
import { getPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
const hash = hashSync('secret', 10)
const users = new Map([['prometheus', hash], ['y', hash.replace('$2b', '$2y')]])
const check = createPasswordCheck(() => users)
const rss = () => Math.round(process.memoryUsage().rss / 1e6)
console.log('rss', rss())
let t = performance.now()
const lap = (what: string) => { console.log(what, Math.round(performance.now() - t), 'ms'); t = performance.now() }
const h = monitorEventLoopDelay({ resolution: 5 }); h.enable()
console.log(await check('prometheus', 'secret')); lap('first')
console.log(await check('prometheus', 'secret')); lap('cached')
console.log(await check('y', 'secret')); lap('2y')
console.log(await check('nobody', 'secret')); lap('unknown')
console.log(await check('prometheus', 'wrong')); lap('wrong')
console.log((await Promise.allSettled(Array.from({ length: 20 }, (_, i) => check('x', 'p' + i)))).map((r) => r.status === 'fulfilled' ? r.value : r.reason.statusCode).join()); lap('many')
console.log('max delay', h.max / 1e6, 'rss', rss(), 'priority', getPriority())
