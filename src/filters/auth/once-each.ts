/**
 * A start and a close of which each runs once until the other does: an authenticator may stand in a chain by itself, and in
 * combinations that start and close it too.
 */
export function onceEach(
  start: () => Promise<void>,
  close: () => Promise<void>,
): { start(): Promise<void>; close(): Promise<void> } {
  let started: Promise<void> | null = null
  let closed: Promise<void> | null = null
  return {
    start: () => {
      closed = null
      started ??= start()
      return started
    },
    close: () => {
      started = null
      closed ??= close()
      return closed
    },
  }
}
