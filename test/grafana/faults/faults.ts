import { connectionFlood } from './connection-flood.ts'
import { deadTuples } from './dead-tuples.ts'
import { deadlocks } from './deadlocks.ts'
import type { Fault } from './fault.ts'
import { idleInTransaction } from './idle-in-transaction.ts'
import { inactiveSlot } from './inactive-slot.ts'
import { invalidIndex } from './invalid-index.ts'
import { killedServer } from './killed-server.ts'
import { lockPileUp } from './lock-pile-up.ts'
import { revokedConnect } from './revoked-connect.ts'
import { revokedRole } from './revoked-role.ts'
import { sequenceNearItsEnd } from './sequence-near-its-end.ts'
import { tempSpill } from './temp-spill.ts'
import { undeclaredAccess } from './undeclared-access.ts'
import { wrongPassword } from './wrong-password.ts'

/** Every fault that is tried, in the order of those that share a database or a server. */
export const faults: readonly Fault[] = [
  connectionFlood,
  idleInTransaction,
  lockPileUp,
  deadlocks,
  tempSpill,
  sequenceNearItsEnd,
  deadTuples,
  invalidIndex,
  inactiveSlot,
  wrongPassword,
  revokedRole,
  revokedConnect,
  undeclaredAccess,
  killedServer
]
