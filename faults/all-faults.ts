import type { Fault } from './fault.ts'
import { hostileByteFaults } from './hostile-bytes.ts'
import { lockFaults } from './locks.ts'
import { networkFaults } from './network.ts'
import { roleFaults } from './roles.ts'
import { serverProcessFaults } from './server-process.ts'

/** All faults, in the order of the table. */
export const faults: readonly Fault[] = [...networkFaults, ...serverProcessFaults, ...roleFaults, ...lockFaults, ...hostileByteFaults]
