/** Where alerts point to: set both to what is reachable from a phone at night, then run npm run docs. */
export const links = {
  grafana: 'http://localhost:3000',
  runbooks: 'docs/runbooks'
} as const
