import type { Server } from '../server/server.ts'
import type { Examination } from './examine.ts'
import { chooseOwnRole } from './own-role.ts'
import type { Problem, Step } from './problem.ts'
import type { Right } from './rights.ts'
import { sentenceOf } from './sentence.ts'
import { connectSteps, setUpSteps } from './set-up.ts'
import type { Surroundings } from './surroundings.ts'

/** Whether the role is somebody else's as well: an owner or the first superuser, which only a role of its own can replace. */
export function mustBeReplaced(rights: readonly Right[]): boolean {
  return rights.some(({ kind, on, through }) => through === '' && (kind === 'owner' || on === 'bootstrap'))
}

/** What the roles may do beyond monitoring, the same in several databases together; what everybody may do is only a hint, unless it writes. */
export function excessProblems(server: Server, examinations: readonly Examination[]): readonly Problem[] {
  const answering = examinations.flatMap(({ database, found }) => (found === undefined ? [] : [{ database: database.name, ...found }]))
  const replaced = new Set(answering.filter(({ rights }) => mustBeReplaced(rights)).map(({ facts }) => facts.role))
  const ownRole = chooseOwnRole([...replaced])
  const setUp = setUpSteps({
    role: ownRole,
    databases: answering.filter(({ facts }) => replaced.has(facts.role)).map(({ database }) => database),
    maxSessions: server.maxSessions,
    exists: answering[0]?.surroundings.roles.has(ownRole)
  })
  const groups = new Map<string, Problem & { databases: string[]; steps: Step[] }>()
  for (const { database, facts, rights, surroundings } of answering) {
    const { role } = facts
    const needed = neededSteps(role, database, surroundings)
    for (const { kind, through, same } of alike(rights.filter(({ on }) => on !== 'bootstrap'))) {
      const isEverybodys = through === 'public'
      const origin = isEverybodys ? ', as everybody may (PUBLIC)' : through === '' ? '' : `, through ${through}`
      const isReplaced = replaced.has(role) && !isEverybodys
      const advice = isReplaced ? `; use a role of its own, ${ownRole}` : ''
      const text = `${role} ${sentenceOf(kind, same)}${origin}${advice}`
      const isHint = isEverybodys && kind !== 'write'
      const group = groups.get(text) ?? { kind: isHint ? 'hint' : 'wrong', databases: [], text, costs: undefined, steps: [] }
      groups.set(text, group)
      group.databases.push(database)
      group.steps.push(...(isReplaced ? setUp : same.flatMap((right) => mending(right, role, database, needed))))
    }
  }
  return [...groups.values()]
}

/** Rights of the same kind from the same origin, together; what comes by the membership itself is of that role. */
function alike(rights: readonly Right[]): readonly { kind: Right['kind']; through: string; same: Right[] }[] {
  const groups = new Map<string, { kind: Right['kind']; through: string; same: Right[] }>()
  for (const right of rights) {
    const { kind, on, through } = right
    const isItself = kind === 'membership' && on === through
    const key = `${kind} ${isItself ? '' : through}`
    const group = groups.get(key) ?? { kind, through: isItself ? '' : through, same: [] }
    groups.set(key, group)
    group.same.push(right)
  }
  return [...groups.values()]
}

/** What monitoring needs and the role has not been granted itself. */
function neededSteps(role: string, database: string, { isMonitor, mayConnect }: Surroundings): readonly Step[] {
  return [...(isMonitor ? [] : [{ sql: `grant pg_monitor to ${role};` }]), ...(mayConnect ? [] : connectSteps([database], role))]
}

/** What takes a right away. Where monitoring may have lived on it, the role gets what it needs for that. */
function mending({ kind, on, privileges, through }: Right, role: string, database: string, needed: readonly Step[]): readonly Step[] {
  if (kind === 'write' && (through === '' || through === 'public')) {
    return [{ database, sql: `revoke ${privileges} on all tables in schema ${on} from ${through || role};` }]
  }
  if (through === 'public') return []
  if (through !== '') return [{ sql: `revoke ${through} from ${role};` }, ...needed]
  if (kind === 'attribute') return [{ sql: `alter role ${role} no${on};` }, ...(on === 'superuser' ? needed : [])]
  return [{ database, sql: `revoke create on ${on} from ${role};` }]
}
