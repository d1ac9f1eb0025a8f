import { runTests } from './run-tests.ts'

// All but what `npm run test:catalogue` and `npm run test:grafana` run.
await runTests((file) => !/^catalogue\/|^grafana\/.*\//.test(file))
