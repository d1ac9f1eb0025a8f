/** The cases that the trials do not cover, and the reasons. */
export const notCovered: readonly (readonly [string, string])[] = [
  ['A resolver that does not respond', 'the trials change /etc/hosts; no name server runs in them.'],
  [
    'A jump of the clock of the kernel',
    'the trial shifts the clock that the process reads. A jump for the whole machine would affect its other programs.'
  ],
  ['Timing of token comparison', 'tokens are compared as SHA-256 digests in constant time; the trials do not measure it.'],
  ['Loss, duplication and reordering of packets', 'TCP hides them; the trials delay, cut and silence connections instead.'],
  [
    'Long outages of credentials and databases',
    'the trials end a fault soon after the page has reported it. While a password is rejected or a database is missing, the wait between attempts grows to five minutes, unless the password file or the configuration changes.'
  ],
  ['Load and duration', 'a load of 200 scrapers and a soak of 20 minutes are benchmarks (`bench/`).'],
  [
    'Amazon RDS and Aurora',
    'their refusals are tested with servers that refuse the same functions; failovers of the services were not tried.'
  ]
]
