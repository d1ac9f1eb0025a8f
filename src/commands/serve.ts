import closeWithGrace from 'close-with-grace'
import { systemClock } from '../clock.ts'
import { readConfig, readEnvironment } from '../config/config.ts'
import { startReload } from '../config/reload.ts'
import { createExporter } from '../exporter.ts'
import { createApp } from '../http/app.ts'
import { createPasswordCheck } from '../http/basic-auth.ts'
import { createTlsServer } from '../http/tls-server.ts'
import { createTokenBucket } from '../http/token-bucket.ts'
import { createLog } from './create-log.ts'
import { reportErrorsBy, systemCalls } from './end-process.ts'

/** Polls and serves until a signal ends the process. */
export async function serve(version: string): Promise<void> {
  const config = await readConfig(await readEnvironment())
  let { tokens, teams, targets, allowedHosts, web } = config
  const log = createLog(config, 1)
  const exporter = createExporter({ version, servers: config.servers, queries: config.queries, log })
  const users = () => web?.users ?? new Map<string, string>()
  const tls = config.web?.tls && createTlsServer(config.web.tls, (message) => log.warn(message))
  const app = createApp({
    ...exporter,
    targets: () => targets,
    logins: () => ({ everything: tokens, teams }),
    allowedHosts: () => allowedHosts,
    log,
    basic: { users, checkPassword: createPasswordCheck(users) },
    headers: () => web?.headers ?? {},
    isWithinRate: createTokenBucket(() => web?.rateLimit, systemClock),
    tls
  })
  exporter.sharded(config.shard)
  const reload = startReload({
    config,
    read: async () => readConfig(await readEnvironment()),
    apply: (next) => {
      // First, because only this can fail. Switching TLS on or off requires a restart.
      if (next.web?.tls !== undefined) tls?.update(next.web.tls)
      web = next.web
      tokens = next.tokens
      teams = next.teams
      targets = next.targets
      allowedHosts = next.allowedHosts
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
