import { catalogFaults } from './catalogs.ts'
import type { Fault } from './fault.ts'
import { fileFaults } from './files.ts'
import { hostFaults } from './host.ts'
import { hostileByteFaults } from './hostile-bytes.ts'
import { httpClientFaults } from './http-clients.ts'
import { lockFaults } from './locks.ts'
import { networkFaults } from './network.ts'
import { roleFaults } from './roles.ts'
import { serverProcessFaults } from './server-process.ts'

/** All faults, in the order of the table. */
export const faults: readonly Fault[] = [
  ...networkFaults,
  ...serverProcessFaults,
  ...roleFaults,
  ...lockFaults,
  ...catalogFaults,
  ...hostileByteFaults,
  ...fileFaults,
  ...httpClientFaults,
  ...hostFaults
]
