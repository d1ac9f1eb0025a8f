/** Whether a promise is still pending when everything that is ready has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => false), new Promise<true>((resolve) => setImmediate(resolve, true))])
}
