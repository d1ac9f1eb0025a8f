import type { RunningServer } from './start-server.ts'

/**
 * Replaces a function or view in one database with one that raises this error code, like the servers of some hosting providers.
 * Returns a function that restores it. Throws if PostgreSQL cannot create the replacement.
 */
export async function refuse(
  server: Pick<RunningServer, 'sql'>,
  database: string,
  name: string,
  { code = '0A000', schema = 'pg_catalog' } = {}
): Promise<() => Promise<void>> {
  const raise = `begin raise exception 'not supported here' using errcode = '${code}'; end`
  const run = (...statements: readonly string[]) =>
    server.sql(database, `begin; set local allow_system_table_mods = on; ${statements.join('; ')}; commit`)
  const functions = await server.sql(
    database,
    `select p.oid::regprocedure::text as signature, pg_get_functiondef(p.oid) as definition,
      pg_get_function_identity_arguments(p.oid) as arguments
    from pg_proc as p where p.pronamespace = '${schema}'::regnamespace and p.proname = '${name}' and p.prokind = 'f'`
  )
  const renamed = `original_${name}`
  if (functions.length > 0) {
    const signatures = functions.map(({ arguments: list }) => String(list))
    const definitions = functions.map(({ definition }) => {
      const [head = ''] = String(definition).split(/\nAS |\nBEGIN ATOMIC|\nRETURN /)
      const plain = head
        .replace(/LANGUAGE \w+/, 'LANGUAGE plpgsql')
        .replace(/\bSUPPORT \S+/, '')
        .replace(/\bSTRICT\b/, '')
      return `${plain} as $f$${raise}$f$`
    })
    await run(...signatures.map((list) => `alter function ${schema}."${name}"(${list}) rename to ${renamed}`), ...definitions)
    return async () => {
      const names = signatures.flatMap((list) => [
        `drop function ${schema}."${name}"(${list})`,
        `alter function ${schema}.${renamed}(${list}) rename to "${name}"`
      ])
      await run(...names)
    }
  }
  await run(
    `create function ${schema}.raise_${name}() returns int language plpgsql as $f$${raise}$f$`,
    `alter view ${schema}."${name}" rename to ${renamed}`,
    `create view ${schema}."${name}" as select o.* from ${schema}.raise_${name}() as r left join ${schema}.${renamed} as o on true`,
    `grant select on ${schema}.${name} to public`
  )
  return async () => {
    await run(
      `drop view ${schema}.${name}`,
      `drop function ${schema}.raise_${name}()`,
      `alter view ${schema}.${renamed} rename to "${name}"`
    )
  }
}
