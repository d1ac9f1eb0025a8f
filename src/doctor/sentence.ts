import type { Right } from './rights.ts'

/** Rights of one kind and one origin as the end of a sentence that begins with the role. */
export function sentenceOf(kind: Right['kind'], rights: readonly Right[]): string {
  const names = rights.map(({ on }) => on)
  switch (kind) {
    case 'attribute':
      // Beside it the others mean nothing.
      return names.includes('superuser') ? 'is a superuser' : `has ${names.map((name) => name.toUpperCase()).join(', ')}`
    case 'membership':
      return `is a member of ${names.join(', ')}`
    case 'owner':
      return `owns ${rights.map(({ on, tables }) => (tables > 0 ? `${count(tables)} in ${on}` : `the ${on}`)).join(', ')}`
    case 'write':
      return rights.map(({ on, tables, privileges }) => `may ${privileges} in ${count(tables)} of schema ${on}`).join(', ')
    case 'create':
      return `may create in ${names.join(', ')}`
  }
}

function count(tables: number): string {
  return tables === 1 ? '1 table' : `${tables} tables`
}
