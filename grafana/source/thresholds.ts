/** A condition's two levels: `warning` is looked at the same day, `critical` pages somebody now. */
const tiers = <Warning extends number, Critical extends number>(warning: Warning, critical: Critical) => ({ warning, critical }) as const

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** The numbers at which alerts fire and panels change their colour. Ratios are from 0 to 1, times in seconds, sizes in bytes. */
export const thresholds = {
  connectionsRatio: tiers(0.8, 0.95),
  connectionLimitRatio: { warning: 0.85 },
  diskFreeRatio: tiers(0.15, 0.07),
  /** Time until something is used up. */
  exhaustionSeconds: tiers(4 * day, day),
  quotaRatio: { warning: 1 },
  walDirectoryRatio: { warning: 3 },
  sequenceUsedRatio: tiers(0.75, 0.9),
  oldestQuerySeconds: tiers(30 * minute, 4 * hour),
  oldestTransactionSeconds: tiers(hour, 6 * hour),
  idleInTransactionSeconds: tiers(5 * minute, 30 * minute),
  preparedTransactionSeconds: { critical: 15 * minute },
  blockedSeconds: tiers(minute, 5 * minute),
  rollbackRatio: { warning: 0.1 },
  cacheHitRatio: { warning: 0.9 },
  replicaLagSeconds: tiers(minute, 10 * minute),
  replicaLagBytes: { warning: 1e9 },
  slotRetainedBytes: { warning: 1e9 },
  slotSafeRatio: { warning: 0.25 },
  /** In proportion to autovacuum_freeze_max_age. */
  xidFreezeRatio: { warning: 1.5 },
  /** In proportion to all that there are. */
  xidUsedRatio: { critical: 0.6 },
  xminHorizonTransactions: { warning: 20e6 },
  vacuumDueRatio: { warning: 2 },
  checkpointsRequestedRatio: { warning: 0.5 },
  scrapeSeconds: { warning: 5 },
  scrapeSamples: { warning: 20_000 },
  /** In intervals of the query. */
  dataAgeIntervals: { warning: 3 }
} as const
