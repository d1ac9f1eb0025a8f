import { dirname } from 'node:path'

/** The reason why a file cannot be read. The message does not contain the path, which may be a misplaced password. */
export class FileError extends Error {
  /** The errno of the operating system; undefined if the type, the size or the deadline is the reason. */
  readonly code: string | undefined
  /** Whether the file does not exist, or is in a folder to which the user has no access. */
  readonly isMissing: boolean

  constructor(message: string, code?: string, isMissing = code === 'ENOENT' || code === 'ENOTDIR') {
    super(message)
    this.code = code
    this.isMissing = isMissing
  }
}

/** The time after which a call is considered to hang. */
const defaultDeadlineMs = 5000

/**
 * The calls that may be in progress. Node.js has four threads for them, which also resolve host names, compress pages and
 * check passwords.
 */
const maxCalls = 2

let running = 0
const waiting: { readonly start: () => void; readonly fail: (error: FileError) => void }[] = []
/** The folders of the calls that hang, one for each call. */
const hanging: string[] = []

/**
 * Calls the file system with a deadline. A call that hangs, as on a network file system, cannot be cancelled: it occupies a
 * thread until it returns. Until then, other calls in its folder fail immediately. Throws a FileError.
 */
export async function callFileSystem<Value>(path: string, call: () => Promise<Value>, deadlineMs = defaultDeadlineMs): Promise<Value> {
  const folder = dirname(path)
  await startCall()
  if (hanging.includes(folder)) {
    endCall()
    throw new FileError(unresponsive)
  }
  let timer: NodeJS.Timeout | undefined
  let isLate = false
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true
      hanging.push(folder)
      if (hanging.length >= maxCalls) for (const { fail } of waiting.splice(0)) fail(new FileError(unresponsive))
      reject(new FileError(`the file system did not respond within ${deadlineMs / 1000} s`))
    }, deadlineMs)
  })
  const end = () => {
    clearTimeout(timer)
    if (isLate) hanging.splice(hanging.indexOf(folder), 1)
    endCall()
  }
  try {
    return await Promise.race([call().finally(end), deadline])
  } catch (error) {
    throw typeof (error as NodeJS.ErrnoException).code === 'string' && !(error instanceof FileError)
      ? fileError(error as NodeJS.ErrnoException)
      : error
  }
}

const unresponsive = 'the file system does not respond; an earlier call still waits for it'

async function startCall(): Promise<void> {
  if (running < maxCalls) running++
  else if (hanging.length >= maxCalls) throw new FileError(unresponsive)
  else await new Promise<void>((start, fail) => waiting.push({ start, fail }))
}

function endCall(): void {
  const next = waiting.shift()
  if (next === undefined) running--
  else next.start()
}

/** The error code and text of the operating system, as `ENOENT: no such file or directory`, without the path. */
export function fileError({ code, message }: NodeJS.ErrnoException, isMissing?: boolean): FileError {
  // A socket cannot be opened.
  if (code === 'ENXIO') return new FileError('it is a socket, not a regular file', code)
  return new FileError(message.split(', ')[0] ?? '', code, isMissing)
}
