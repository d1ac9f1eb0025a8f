import { connectionFlood } from './connection-flood.ts'
import { deadTuples } from './dead-tuples.ts'
import { deadlocks } from './deadlocks.ts'
import type { Fault } from './fault.ts'
import { idleInTransaction } from './idle-in-transaction.ts'
import { inactiveSlot } from './inactive-slot.ts'
import { invalidIndex } from './invalid-index.ts'
import { killedServer } from './killed-server.ts'
import { lockPileUp } from './lock-pile-up.ts'
import { nearlyExhaustedSequence } from './nearly-exhausted-sequence.ts'
import { revokedConnect } from './revoked-connect.ts'
import { revokedRole } from './revoked-role.ts'
import { tempSpill } from './temp-spill.ts'
import { undeclaredAccess } from './undeclared-access.ts'
import { wrongPassword } from './wrong-password.ts'

/** All faults. Those that share a database or a server are injected in this order. */
export const faults: readonly Fault[] = [
  connectionFlood,
  idleInTransaction,
  lockPileUp,
  deadlocks,
  tempSpill,
  nearlyExhaustedSequence,
  deadTuples,
  invalidIndex,
  inactiveSlot,
  wrongPassword,
  revokedRole,
  revokedConnect,
  undeclaredAccess,
  killedServer
]
