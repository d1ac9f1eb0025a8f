import type { MetricName } from '../catalogue.ts'

/** A metric of the catalogue or a recorded series; only the names of recorded series contain colons. */
export type SeriesName = MetricName | `${string}:${string}`

type Labels = readonly string[]

/** The label sets of tables and of statements, without those of the server. */
export const ofTable: Labels = ['datname', 'schemaname', 'relname']
export const ofStatement: Labels = ['datname', 'user', 'queryid']

const selectedServer = ['job=~"$job"', 'instance=~"$instance"', 'server=~"$server"']

/** Series of the selected servers. */
export const onServer = (metric: SeriesName, ...matchers: Labels): string => `${metric}{${[...selectedServer, ...matchers].join(', ')}}`

/** Series of the selected databases. */
export const inDatabase = (metric: SeriesName, ...matchers: Labels): string => onServer(metric, 'datname=~"$datname"', ...matchers)

/** Series about the exporter, which have no label `server`. */
export const ofExporter = (metric: SeriesName, ...matchers: Labels): string =>
  `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`

/** Alerts of the selected servers and exporters, without the watchdog, which always fires. Alerts of an exporter have no label `server`. */
export const alerts = (...matchers: Labels): string =>
  `ALERTS{${['job=~"$job|"', 'instance=~"$instance|"', 'server=~"$server|"', 'alertname!="PgvitalsWatchdog"', ...matchers].join(', ')}}`

/** `by (job, instance, server, …)`. */
export const by = (...labels: Labels): string => `by (${['job', 'instance', 'server', ...labels].join(', ')})`

/** `on (job, instance, server, …)`. */
export const on = (...labels: Labels): string => `on (${['job', 'instance', 'server', ...labels].join(', ')})`

export const sumBy = (labels: Labels, vector: string): string => `sum ${by(...labels)} (${vector})`
export const maxBy = (labels: Labels, vector: string): string => `max ${by(...labels)} (${vector})`

/** Rates over `$__rate_interval`, which Grafana makes at least four scrape intervals long. */
export const ratesBy = (labels: Labels, selector: string, offset = ''): string =>
  sumBy(labels, `rate(${selector}[$__rate_interval]${offset})`)

/** Increases over the dashboard's time range, or over another window. */
export const increasesBy = (labels: Labels, selector: string, window = '[$__range]'): string =>
  sumBy(labels, `increase(${selector}${window})`)

/** A ratio that is absent where the divisor is 0. */
export const ratio = (part: string, whole: string): string => `${part} / (${whole} > 0)`

/** `part` in proportion to `part + rest`. */
export const share = (part: string, rest: string): string => ratio(part, `${part} + ${rest}`)

/** Keeps the series that `ranking` selects. */
export const among = (expression: string, labels: Labels, ranking: string): string => `${expression} and ${on(...labels)} ${ranking}`

/** One series per polled database of the selected teams, with the label `team`. */
export const teamDatabases = `(${onServer('pg_database_up')} * ${on('datname')} group_left (team) ${onServer('pg_database_info', 'team=~"$team"')})`

/** Keeps the polled databases of the selected teams. */
export const ofTeam = (expression: string): string => among(expression, ['datname'], teamDatabases)

/** Rates of the `$topn` largest series of a counter. The ranking covers the whole range, so that lines do not come and go. */
export const largestRates = (selector: string, labels: Labels): string =>
  among(ratesBy(labels, selector), labels, `topk($topn, ${sumBy(labels, `increase(${selector}[$__range] @ end())`)})`)

/** The `$topn` largest series of a gauge, ranked over the whole range. */
export const largestGauges = (selector: string, labels: Labels): string =>
  among(maxBy(labels, selector), labels, `topk($topn, ${maxBy(labels, `max_over_time(${selector}[$__range] @ end())`)})`)
