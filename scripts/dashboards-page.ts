import { dashboards } from '../grafana/source/dashboards.ts'
import type { Board } from '../grafana/source/panels/board.ts'

/** The text of docs/dashboards.md: every dashboard with its question and its panels. */
export function dashboardsPage(): string {
  return [
    '# Dashboards',
    '',
    'Generated from [grafana/source](../grafana/source) by `npm run docs`. Grafana 11 or newer reads [grafana/dashboards](../grafana/dashboards) unchanged: import the files, or mount them with [grafana/provisioning](../grafana/provisioning), which places them in the folder PostgreSQL. They need Prometheus as the data source, with the recording rules of [grafana/rules](../grafana/rules/recording.yml).',
    '',
    'The description of each panel states what it shows, why it matters, what is normal, and what to do next. Names of servers, databases, statements and tables link to their dashboards. A panel without data states the reason; the top of each dashboard shows failing queries and missing privileges. Rows in *italics* are closed by default.',
    '',
    '![The dashboard of a database](pictures/pgvitals-database.png)',
    '',
    '![The dashboard of statements](pictures/pgvitals-queries.png)',
    '',
    '| dashboard | question | panels |',
    '|---|---|---|',
    ...dashboards.map(
      ({ uid, title = '', description, panels }) =>
        `| [${title.replace('PostgreSQL / ', '')}](../grafana/dashboards/${uid}.json) | ${description} | ${contentsOf(panels)} |`
    ),
    '',
    '`npm run stage` starts a demo with a real Prometheus, and `npm run pictures -- --prometheus http://localhost:9090 --out pictures` draws every dashboard without Grafana, to check a change.',
    ''
  ].join('\n')
}

/** The titles of the panels, by row. */
function contentsOf(panels: Board['panels']): string {
  let text = ''
  for (const panel of panels) {
    if (!('collapsed' in panel)) text += `${text === '' || text.endsWith(' ') ? '' : ', '}${panel.title}`
    else if (panel.collapsed) text += `<br>***${panel.title}:*** ${panel.panels.map(({ title }) => title).join(', ')}`
    else text += `<br>**${panel.title}:** `
  }
  return text
}
