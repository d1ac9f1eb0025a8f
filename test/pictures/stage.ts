import { untilAskedToEnd } from '../../demo/until-asked-to-end.ts'
import { startStage } from '../grafana/live/stage.ts'

// `npm run stage`: something for `npm run pictures` to draw.
const asked = untilAskedToEnd()
const stage = await startStage({ scrapeSeconds: 5, port: Number(process.env.PROMETHEUS_PORT ?? '9090') })
console.log(`Prometheus is on ${stage.prometheus}; wait some minutes, then npm run pictures. Ctrl-C ends it.`)
await asked
await stage.stop()
process.exit()
