import type { MetricName } from '../catalogue.ts'

/** A metric of the catalogue or a recorded series, whose names have colons. */
export type SeriesName = MetricName | `${string}:${string}`

/** The window of rates in panels: Grafana makes it at least four scrape intervals wide. */
export const window = '[$__rate_interval]'

const ofServer = ['job=~"$job"', 'instance=~"$instance"', 'server=~"$server"']

/** Selects the series of the chosen servers. */
export const onServer = (metric: SeriesName, ...matchers: readonly string[]): string =>
  `${metric}{${[...ofServer, ...matchers].join(', ')}}`

/** Selects the series of the chosen databases. */
export const inDatabase = (metric: SeriesName, ...matchers: readonly string[]): string =>
  onServer(metric, 'datname=~"$datname"', ...matchers)

/** Selects what the exporter tells of itself, which has no server. */
export const ofExporter = (metric: SeriesName, ...matchers: readonly string[]): string =>
  `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(', ')}}`

/** Selects alerts of the chosen servers, and those of an exporter, which have no server; not the one that always fires. */
export const alerts = (...matchers: readonly string[]): string =>
  `ALERTS{${['job=~"$job|"', 'instance=~"$instance|"', 'server=~"$server|"', 'alertname!="PgvitalsWatchdog"', ...matchers].join(', ')}}`

/** `by (job, instance, server, …)`. */
export const by = (...labels: readonly string[]): string => `by (${labelsOf(labels)})`

/** `on (job, instance, server, …)`. */
export const on = (...labels: readonly string[]): string => `on (${labelsOf(labels)})`

const labelsOf = (labels: readonly string[]): string => ['job', 'instance', 'server', ...labels].join(', ')

/** The sum of the rates of a counter by these labels. */
export const ratesBy = (labels: readonly string[], selector: string): string => `sum ${by(...labels)} (rate(${selector}${window}))`

/** The sum of what counters gained in the whole range that is shown, by these labels. */
export const gainsBy = (labels: readonly string[], selector: string): string => `sum ${by(...labels)} (increase(${selector}[$__range]))`

/** Keeps the databases that pgvitals visits and that the chosen teams own. */
export const ofTeam = (expression: string): string => `${expression} and ${on('datname')} ${teamDatabases}`

/** One series for each visited database of the chosen teams, with its team. */
export const teamDatabases = `(${onServer('pg_database_up')} * ${on('datname')} group_left (team) ${onServer('pg_database_info', 'team=~"$team"')})`

/** Keeps the series that are the largest over the whole range by `total`, so that no line comes and goes. */
export const largest = (expression: string, labels: readonly string[], total: string): string =>
  `${expression} and ${on(...labels)} topk($topn, sum ${by(...labels)} (increase(${total}[$__range] @ end())))`

/** Keeps the series of a gauge that are the largest over the whole range. */
export const largestGauges = (selector: string, labels: readonly string[]): string =>
  `max ${by(...labels)} (${selector}) and ${on(...labels)} topk($topn, max ${by(...labels)} (max_over_time(${selector}[$__range] @ end())))`
