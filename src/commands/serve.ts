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

/** Polls and serves until a signal ends the process. */
export async function serve(version: string): Promise<void> {
  const config = readConfig(readEnvironment())
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
    read: () => readConfig(readEnvironment()),
    apply: (next) => {
      // First, because only this can fail. TLS that was switched on or off needs a restart.
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
  closeWithGrace({ delay: 4500, logger: false, skip: ['SIGHUP'] }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping after an unexpected error')
    else log.info(`stopping on ${signal}`)
    reload.stop()
    await Promise.all([app.close(), exporter.stop()])
    if (err) process.exitCode = 1
  })
  const address = await app.listen({ host: config.host, port: config.port })
  log.info(`pgvitals ${version} serves ${address}/metrics`)
  exporter.start()
}
