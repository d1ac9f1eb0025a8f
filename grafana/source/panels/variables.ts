import { type VariableModel, VariableRefresh, VariableSort, VariableType } from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panel.ts'
import { inDatabase, onServer, type SeriesName, teamDatabases } from './promql.ts'

/** `many` starts with all values selected. */
type Choice = 'one' | 'many'

/** Data source, job, exporter and server. */
export const server = (choice: Choice): readonly VariableModel[] => [
  {
    type: VariableType.Datasource,
    name: 'datasource',
    label: 'Data source',
    query: 'prometheus',
    refresh: VariableRefresh.OnDashboardLoad
  },
  listed('job', 'Job', 'label_values(pg_up, job)', 'many'),
  listed('instance', 'Exporter', 'label_values(pg_up{job=~"$job"}, instance)', 'many'),
  listed('server', 'Server', 'label_values(pg_up{job=~"$job", instance=~"$instance"}, server)', choice)
]

/** The teams that own databases; the team of other databases is empty, so that "all" matches it too. */
export const team: VariableModel = listed('team', 'Team', `label_values(${onServer('pg_database_info')}, team)`, 'many', '.*')

/** The polled databases. */
export const database = (choice: Choice): VariableModel =>
  listed('datname', 'Database', `label_values(${onServer('pg_database_up')}, datname)`, choice)

/** The polled databases of the selected teams. */
export const databaseOfTeam: VariableModel = {
  ...listed('datname', 'Database', `query_result(${teamDatabases.slice(1, -1)})`, 'one'),
  regex: '/datname="([^"]+)"/'
}

/** A label of a metric of the selected database. */
export const label = (name: string, title: string, metric: SeriesName, ...matchers: readonly string[]): VariableModel =>
  listed(name, title, `label_values(${inDatabase(metric, ...matchers)}, ${name})`, 'one')

/** The number of rows or lines of rankings: `$topn`. */
export const topn: VariableModel = {
  type: VariableType.Custom,
  name: 'topn',
  label: 'Largest',
  query: '5,10,20,50',
  current: { text: '10', value: '10' },
  options: ['5', '10', '20', '50'].map((value) => ({ text: value, value, selected: value === '10' }))
}

function listed(name: string, title: string, query: string, choice: Choice, allValue = '.+'): VariableModel {
  return {
    type: VariableType.Query,
    name,
    label: title,
    datasource,
    query: { query, refId: 'variable' },
    definition: query,
    refresh: VariableRefresh.OnTimeRangeChanged,
    sort: VariableSort.AlphabeticalAsc,
    multi: choice === 'many',
    includeAll: choice === 'many',
    ...(choice === 'many' ? { allValue, current: { text: 'All', value: '$__all' } } : {})
  }
}
