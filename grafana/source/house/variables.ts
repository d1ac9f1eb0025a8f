import { VariableHide, type VariableModel, VariableRefresh, VariableSort, VariableType } from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panel.ts'

type Choice = 'one' | 'many'

const ofServer = 'job=~"$job", instance=~"$instance", server=~"$server"'

/** The data source; every query names it. */
export const dataSource: VariableModel = {
  type: VariableType.Datasource,
  name: 'datasource',
  label: 'Data source',
  query: 'prometheus',
  refresh: VariableRefresh.OnDashboardLoad
}

/** The scrape job and the exporter, all of them unless somebody chooses. */
const job = listed('job', 'Job', 'label_values(pg_up, job)', 'many')
const instance = listed('instance', 'Exporter', 'label_values(pg_up{job=~"$job"}, instance)', 'many')

/** The server: one, or several on boards that compare them. */
export const server = (choice: Choice): readonly VariableModel[] => [
  dataSource,
  job,
  instance,
  listed('server', 'Server', 'label_values(pg_up{job=~"$job", instance=~"$instance"}, server)', choice)
]

/** The team that owns databases; databases without a team have an empty one. */
export const team: VariableModel = listed('team', 'Team', `label_values(pg_database_info{${ofServer}}, team)`, 'many', '.*')

/** The databases that pgvitals visits. */
export const database = (choice: Choice): VariableModel =>
  listed('datname', 'Database', `label_values(pg_database_up{${ofServer}}, datname)`, choice)

/** The databases of the chosen teams. */
export const databaseOfTeam: VariableModel = {
  ...listed(
    'datname',
    'Database',
    `query_result(pg_database_up{${ofServer}} * on (job, instance, server, datname) group_left (team) pg_database_info{${ofServer}, team=~"$team"})`,
    'one'
  ),
  regex: '/datname="([^"]+)"/'
}

/** How many lines a panel of the largest has. */
export const top: VariableModel = {
  type: VariableType.Custom,
  name: 'topn',
  label: 'Largest',
  query: '5,10,20,50',
  current: { text: '10', value: '10' },
  options: ['5', '10', '20', '50'].map((value) => ({ text: value, value, selected: value === '10' }))
}

/** A label that only the links of other boards fill in. */
export const label = (name: string, title: string, query: string): VariableModel => listed(name, title, query, 'one')

/** Nothing to choose, but links carry it. */
export const hidden = (variable: VariableModel): VariableModel => ({ ...variable, hide: VariableHide.HideVariable })

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
