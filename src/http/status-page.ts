import type { DatabaseStatus, QueryStatus, ServerStatus, Status } from '../page/status.ts'

export const style = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
  .wide { overflow-x: auto; margin-bottom: 1.5rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
  th { font-weight: 600; font-size: .85rem } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
  .ok::before, .up::before { content: "● "; color: #2da44e }
  .failed::before, .down::before { content: "▲ "; color: #cf222e }
  tr.skipped { opacity: .65 } td.skipped::before { content: "○ " } .waiting::before { content: "… " }
  code { font-size: .92em } p.links a { margin-right: 1rem }`

/** The status page in HTML: servers, databases with their blind spots, and the outcome of each query. */
export function statusPage({ version, servers }: Status): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>pgvitals</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<h1>pgvitals ${html(version)}</h1>
<p>Polls PostgreSQL on its own schedule and serves the last results to Prometheus. No request to this server reaches a database.</p>
<p class="links"><a href="/metrics">/metrics</a><a href="/api/status">/api/status</a><a href="/sd">/sd</a><a href="/healthz">/healthz</a><a href="/readyz">/readyz</a></p>
${servers.map(serverSection).join('\n')}
</html>
`
}

function serverSection({ name, detail, databases, queries }: ServerStatus): string {
  return `<h2>${html(name)} <small><a href="/metrics?server=${encodeURIComponent(name)}">metrics</a>, detail: ${detail}</small></h2>
<div class="wide"><table><tr><th>database<th>state<th>detail<th>blind spots</tr>
${databases.map(databaseRow).join('\n')}
</table></div>
<div class="wide"><table><tr><th>query<th>database<th>state<th class="number">interval<th class="number">age<th class="number">duration<th class="number">samples</tr>
${queries.map(queryRow).join('\n')}
</table></div>`
}

function databaseRow({ name, isUp, about, detail, blindSpots }: DatabaseStatus): string {
  return `<tr><td>${html(name)}<td class="${isUp ? 'up' : 'down'}">${html(about)}<td>${detail}<td>${blindSpots.map(html).join('<br>')}</tr>`
}

function queryRow({ name, database, state, about, intervalSeconds, ageSeconds, seconds, samples }: QueryStatus): string {
  const className = state === 'not polled yet' ? 'waiting' : state
  const number = (text: string) => `<td class="number">${text}`
  return (
    `<tr class="${state === 'skipped' ? 'skipped' : ''}"><td><code>${html(name)}</code><td>${html(database)}<td class="${className}">${html(about || state)}` +
    number(`${intervalSeconds} s`) +
    number(ageSeconds === undefined ? '' : `${Math.round(ageSeconds)} s`) +
    number(seconds === undefined ? '' : `${(seconds * 1000).toFixed(1)} ms`) +
    `${number(state === 'skipped' ? '' : String(samples))}</tr>`
  )
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
