import { setTimeout as delay } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How long it may take until it is true. @default 2000 */
  readonly timeoutMs?: number | undefined
  /** Time between two looks. @default 5 */
  readonly intervalMs?: number | undefined
  /** Named in the error. @default the condition's source */
  readonly what?: string | undefined
}

/**
 * Waits until a condition holds (returns a truthy value) and returns that value; a condition that throws does not hold yet.
 *
 * @throws Error after `timeoutMs`, with the last error as its cause.
 * @example
 * ```ts
 * await eventually(() => far.hits === 2, { what: 'the second attempt' })
 * ```
 */
export async function eventually<T>(
  condition: () => T,
  options: EventuallyOptions = {},
): Promise<NonNullable<Awaited<T>>> {
  const { timeoutMs = 2_000, intervalMs = 5, what = String(condition) } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause })
    await delay(intervalMs)
  }
}
