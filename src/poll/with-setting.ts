/**
 * The statement with a text in place of `pg_catalog.current_setting('<name>', true)`: psql runs the file as it is
 * and asks the setting, which nobody has made; no session of a pooler keeps anything.
 */
export function withSetting(sql: string, name: string, text: string): string {
  return sql.replaceAll(`pg_catalog.current_setting('${name}', true)`, () => `'${text.replaceAll("'", "''")}'`)
}
