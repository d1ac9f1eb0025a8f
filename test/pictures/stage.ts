import { untilAskedToEnd } from '../../demo/until-asked-to-end.ts'
import { startStage } from '../grafana/live/stage.ts'

// `npm run stage`: servers and Prometheus for `npm run pictures`.
const asked = untilAskedToEnd()
const stage = await startStage({ scrapeSeconds: 5, port: Number(process.env.PROMETHEUS_PORT ?? '9090') })
console.log(`Prometheus listens on ${stage.prometheus}. Wait a few minutes, then run npm run pictures. Ctrl-C stops it.`)
await asked
await stage.stop()
process.exit()
