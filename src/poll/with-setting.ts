/**
 * The statement with a text, or null, in place of `pg_catalog.current_setting('<name>', true)`: psql runs the file as it is
 * and asks the setting, which nobody has made; no session of a pooler keeps anything.
 */
export function withSetting(sql: string, name: string, text: string | undefined): string {
  const literal = text === undefined ? 'null::text' : `'${text.replaceAll("'", "''")}'`
  return sql.replaceAll(`pg_catalog.current_setting('${name}', true)`, () => literal)
}
