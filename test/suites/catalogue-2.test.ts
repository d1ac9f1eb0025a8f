import { isSlow, runTests } from './run-tests.ts'

await runTests((file) => isSlow(file) && !file.startsWith('grafana/'))
