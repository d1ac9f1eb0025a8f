import closeWithGrace from 'close-with-grace'
import { readConfig, readEnvironment } from '../config/config.ts'
import { startReload } from '../config/reload.ts'
import { createExporter } from '../exporter.ts'
import { createApp } from '../http/app.ts'
import { createLog } from './create-log.ts'
import { reportErrorsBy, systemCalls } from './end-process.ts'

/** Polls and serves until a signal ends the process. */
export async function serve(version: string): Promise<void> {
  const config = await readConfig(await readEnvironment())
  let { tokens, teams, targets } = config
  const log = createLog(config, 1)
  const exporter = createExporter({ version, servers: config.servers, queries: config.queries, log })
  const app = createApp({ ...exporter, targets: () => targets, tokens: () => ({ everything: tokens, teams }) })
  exporter.sharded(config.shard)
  const reload = startReload({
    config,
    read: async () => readConfig(await readEnvironment()),
    apply: (next) => {
      tokens = next.tokens
      teams = next.teams
      targets = next.targets
      exporter.sharded(next.shard)
      exporter.update(next.servers, next.queries)
    },
    finished: ({ isAccepted, changedFiles }) => {
      exporter.configured(isAccepted)
      exporter.retryCredentials(changedFiles)
    },
    log
  })
  process.on('SIGHUP', reload.now)
  reportErrorsBy((error) => log.fatal({ stack: error.stack }, `stopping after a programming error: ${error.message}`))
  closeWithGrace({ delay: 4000, logger: false, skip: ['SIGHUP', 'uncaughtException', 'unhandledRejection'] }, async ({ signal }) => {
    log.info(`stopping on ${signal}`)
    reload.stop()
    await Promise.all([app.close(), exporter.stop()])
    await systemCalls()
  })
  const address = await app.listen({ host: config.host, port: config.port })
  log.info(`pgvitals ${version} serves ${address}/metrics`)
  exporter.start()
}
