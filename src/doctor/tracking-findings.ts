import { enableSteps, rolesOff, type TrackingSetting, trackingSettings } from '../server/tracking.ts'
import type { Examination } from './examine.ts'
import type { Finding, Step } from './finding.ts'

/** The tracking settings that disable counting, with one finding per fix. */
export function trackingFindings(examinations: readonly Examination[]): readonly Finding[] {
  const findings = new Map<string, Finding & { databases: string[] }>()
  for (const { database, found } of examinations) {
    for (const setting of trackingSettings) {
      const { isOn = true, source } = found?.facts.tracking.get(setting.name) ?? {}
      if (isOn) continue
      const steps = enableSteps(setting, source, database.name)
      const key = steps.join('\n')
      const finding = findings.get(key) ?? {
        severity: 'error',
        databases: [],
        text: `${setting.name} disables statistics (source: ${source ?? 'unknown'})`,
        effect: setting.effect,
        fix: steps.map((sql) => toStep(sql, setting))
      }
      findings.set(key, finding)
      finding.databases.push(database.name)
    }
  }
  return [...reloadOnce([...findings.values()]), ...roleFindings(examinations)]
}

/** Roles for which a setting is off, as hints, because some have it off on purpose. */
function roleFindings(examinations: readonly Examination[]): readonly Finding[] {
  const found = new Map<string, Finding & { databases: string[] }>()
  for (const { database, found: { facts } = {} } of examinations) {
    for (const { text, fix } of facts === undefined ? [] : rolesOff(facts.tracking)) {
      const hint = found.get(fix) ?? { severity: 'hint', databases: [], text: `${text}; run: ${fix}`, effect: undefined, fix: [] }
      found.set(fix, hint)
      hint.databases.push(database.name)
    }
  }
  return [...found.values()]
}

const reload = 'select pg_reload_conf();'

function toStep(sql: string, { name, recommended }: TrackingSetting): Step {
  if (sql.startsWith('--')) return { sql }
  const isOfServer = sql.startsWith('alter system') || `${sql};` === reload
  return { sql: `${sql};`, ...(isOfServer && { rds: `-- set ${name} = ${recommended} in the parameter group` }) }
}

/** A script contains each line once, so the configuration is reloaded after the last change. */
function reloadOnce(findings: readonly Finding[]): readonly Finding[] {
  const last = findings.findLast(({ fix }) => fix.some(({ sql }) => sql === reload))
  return findings.map((finding) => (finding === last ? finding : { ...finding, fix: finding.fix.filter(({ sql }) => sql !== reload) }))
}
