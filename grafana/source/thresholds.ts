const minute = 60
const hour = 60 * minute
const day = 24 * hour
const gigabyte = 1e9

/** All thresholds of alerts, panels and documentation. Ratios are from 0 to 1, times in seconds, sizes in bytes. */
export const thresholds = {
  /** The error budget of an availability of 99.9 %, and the burn rates, where 1 uses the budget evenly. */
  availability: { budgetRatio: 0.001, criticalBurn: 14.4, warningBurn: 6 },

  connectionsUsedRatio: { warning: 0.8, critical: 0.95 },
  connectionLimitUsedRatio: 0.85,
  connectionHogRatio: { share: 0.6, serverUsed: 0.75 },
  /** Exhaustion of connections is predicted only above this: below, growth is part of the daily pattern. */
  connectionsFillRatio: 0.5,
  sessionsLostIn15Minutes: 20,

  diskFreeRatio: { warning: 0.15, critical: 0.07 },
  /** A full disk is predicted only below this free ratio, and this far ahead. */
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
  /** Below this rate of reads, their mean time is not meaningful. */
  readLatency: { seconds: 0.02, leastReadsPerSecond: 50 },

  idleInTransactionSeconds: { warning: 5 * minute, critical: 30 * minute },
  longTransactionSeconds: { warning: hour, critical: 6 * hour },
  blocked: { warningSeconds: minute, criticalSeconds: 5 * minute, criticalSessions: 10 },
  /** `increase()` extrapolates, so that one deadlock counts as slightly more than one. */
  deadlocksIn15Minutes: 3,
  preparedTransactionSeconds: 15 * minute,
  recoveryConflictsIn15Minutes: 5,

  replicaLagSeconds: { warning: minute, critical: 10 * minute },
  replicaLagBytes: gigabyte,
  /** Segments that a standby may be behind its primary's WAL before a restore counts as stalled: one is still being filled. */
  restoreLagSegments: 2,
  slotRetainedBytes: gigabyte,
  /** The share of polls in which a slot is active. A consumer that fails repeatedly connects for a moment each time. */
  slotActiveRatio: 0.5,
  slotSafeRatio: 0.25,
  slotOfDiskFreeRatio: 0.5,

  /**
   * The share of polls in which the apply worker of a working subscription has received messages, and in which a table
   * synchronization worker of a progressing initial copy runs. A single error, such as a deadlock, is usually followed by
   * success; `increase()` extrapolates, so that it counts as slightly more than one.
   */
  subscription: { receivingRatio: 0.5, copyingRatio: 0.5, errorsInAnHour: 1.5 },

  /** Ages in proportion to the age at which autovacuum freezes. */
  freezeAgeRatio: 1.5,
  idsLeft: 860e6,
  xminHorizonAge: 20e6,
  /** Mean share of the autovacuum workers that are busy. Between two tables, a worker is idle for up to `autovacuum_naptime`. */
  autovacuumBusyRatio: 0.9,
  vacuumDue: { ratio: 2, leastDeadRows: 10_000 },
  unvacuumedTableBytes: gigabyte,

  archiverBacklogSeconds: 30 * minute,
  checkpoints: { requestedRatio: 0.5, leastRequestedPerHour: 6 },

  checksumFailureSeconds: day,
  passwordExpirySeconds: 7 * day,
  certificateExpirySeconds: 14 * day,

  scrapeSeconds: 5,
  /** Samples of one target: the maximum for one process, and the growth that indicates a leak. */
  samples: { most: 100_000, growth: 2, leastForGrowth: 20_000 },
  pollIntervalSeconds: minute,
  /** The interval of a database as a multiple of the budgeted interval. */
  pollIntervalRatio: 3,
  /** The time since the last poll cycle of a database as a multiple of its interval. */
  pollOverdueIntervals: 4,
  restartsInAnHour: 3,
  eventLoopLagSeconds: 0.5,
  /** Failed logins per second: one in five minutes can be a typing error. A scraper with an outdated token fails at every scrape. */
  failedLoginsPerSecond: 0.01
} as const
