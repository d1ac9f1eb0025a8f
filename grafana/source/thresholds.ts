const minute = 60
const hour = 60 * minute
const day = 24 * hour
const gigabyte = 1e9

/** Every threshold of an alert, a panel or a page of documentation. Ratios are from 0 to 1, times in seconds, sizes in bytes. */
export const thresholds = {
  /** What may fail of 99.9 %, and how many times faster than evenly it is burnt. */
  availability: { budgetRatio: 0.001, criticalBurn: 14.4, warningBurn: 6 },

  connectionsUsedRatio: { warning: 0.8, critical: 0.95 },
  connectionLimitUsedRatio: 0.85,
  connectionHogRatio: { share: 0.6, serverUsed: 0.75 },
  /** Running out of connections is told only above this: below it a morning's growth is no trend. */
  connectionsFillRatio: 0.5,
  sessionsLostIn15Minutes: 20,

  diskFreeRatio: { warning: 0.15, critical: 0.07 },
  /** Filling up is told only where this little is free, and this far ahead. */
  diskFill: { freeRatio: 0.4, warningAheadSeconds: 4 * day, criticalAheadSeconds: day },
  walDirectory: { timesMaxWalSize: 3, diskRatio: 0.2 },
  sequenceUsedRatio: { warning: 0.75, critical: 0.9 },
  tempBytesPerSecond: 50e6,
  exhaustionSeconds: day,

  longQuerySeconds: { warning: 30 * minute, critical: 4 * hour },
  latency: { timesUsual: 2, leastSeconds: 0.02, leastCallsPerSecond: 1 },
  queryLatency: { timesUsual: 3, leastSeconds: 0.05, leastLoad: 0.1 },
  rollback: { ratio: 0.1, leastTransactionsPerSecond: 1 },
  trafficDrop: { ofUsualRatio: 0.2, leastTransactionsPerSecond: 5 },

  cacheHit: { ratio: 0.9, leastBlocksReadPerSecond: 500 },
  /** Below so many reads a second a mean says nothing. */
  readLatency: { seconds: 0.02, leastReadsPerSecond: 50 },

  idleInTransactionSeconds: { warning: 5 * minute, critical: 30 * minute },
  longTransactionSeconds: { warning: hour, critical: 6 * hour },
  blocked: { warningSeconds: minute, criticalSeconds: 5 * minute, criticalSessions: 10 },
  /** One deadlock counts as a little more than one where a window is extrapolated. */
  deadlocksIn15Minutes: 3,
  preparedTransactionSeconds: 15 * minute,
  recoveryConflictsIn15Minutes: 5,

  replicaLagSeconds: { warning: minute, critical: 10 * minute },
  replicaLagBytes: gigabyte,
  slotRetainedBytes: gigabyte,
  slotSafeRatio: 0.25,
  slotOfDiskFreeRatio: 0.5,

  /** Ages in proportion to the one at which autovacuum freezes. */
  freezeAgeRatio: 1.5,
  idsLeft: 860e6,
  xminHorizonAge: 20e6,
  vacuumDue: { ratio: 2, leastDeadRows: 10_000 },
  unvacuumedTableBytes: gigabyte,

  archiverBacklogSeconds: 30 * minute,
  checkpoints: { requestedRatio: 0.5, leastRequestedPerHour: 6 },

  checksumFailureSeconds: day,
  passwordExpirySeconds: 7 * day,
  certificateExpirySeconds: 14 * day,

  scrapeSeconds: 5,
  /** Samples of one target: what one process is made for, and a growth that is a leak. */
  samples: { most: 100_000, growth: 2, leastForGrowth: 20_000 },
  pollIntervalSeconds: minute,
  restartsInAnHour: 3,
  eventLoopLagSeconds: 0.5
} as const
