/** Base URLs of the links in alerts. Set both to addresses that the people on call can reach, then run `npm run docs`. */
export const links = {
  grafana: 'http://localhost:3000',
  runbooks: 'docs/runbooks'
} as const
