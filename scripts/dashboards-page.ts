import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboards } from '../grafana/source/dashboards.ts'

/** The text of docs/dashboards.md: every board with its question and what is on it. */
export function dashboardsPage(): string {
  return [
    '# Dashboards',
    '',
    'Generated from [grafana/source](../grafana/source) by `npm run docs`. Grafana 11 or newer loads [grafana/dashboards](../grafana/dashboards) as they are: import them, or mount them with [grafana/provisioning](../grafana/provisioning), which puts them into the folder PostgreSQL. They need Prometheus as the data source, the rules of [grafana/rules](../grafana/rules) for what is marked there as recorded (time to trouble, shares, free disk), and nothing else.',
    '',
    'Every panel says in its description what it shows, why it matters, what is normal, and where to go next; every name of a server, database, statement or table leads to its board. A panel without data says why; whether the data can be trusted stands at the top of each board. Rows in *italics* are closed until somebody opens them.',
    '',
    '![How a team sees its database](pictures/pgvitals-database.png)',
    '',
    '![Which statements cost what](pictures/pgvitals-queries.png)',
    '',
    '| board | answers | |',
    '|---|---|---|',
    ...dashboards.map(
      ({ uid, title = '', description, panels = [] }) =>
        `| [${title.replace('PostgreSQL / ', '')}](../grafana/dashboards/${uid}.json) | ${description} | ${contentsOf(panels)} |`
    ),
    '',
    '`npm run stage` starts something to look at, and `npm run pictures -- --prometheus http://localhost:9090 --out pictures` draws every board without Grafana, so that a change can be seen before it is shipped.',
    ''
  ].join('\n')
}

/** The panels by row, in the order in which they stand. */
function contentsOf(panels: readonly (Panel | RowPanel)[]): string {
  let text = ''
  for (const panel of panels) {
    if (!('collapsed' in panel)) text += `${text === '' || text.endsWith(' ') ? '' : ', '}${panel.title}`
    else if (panel.collapsed) text += `<br>***${panel.title}:*** ${panel.panels.map(({ title }) => title).join(', ')}`
    else text += `<br>**${panel.title}:** `
  }
  return text
}
