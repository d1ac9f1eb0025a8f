// The modules of prom-client that are imported separately. The package declares types only for its index.

declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client'
}

declare module 'prom-client/lib/gauge.js' {
  export { Gauge as default } from 'prom-client'
}

declare module 'prom-client/lib/metrics/*.js' {
  const collect: (registry: import('prom-client').Registry) => void
  export default collect
}
