import type { Check } from '../../options.js'

/** For the options of whatever writes to a logger. */
export const checkLogger: Check = (value) =>
  hasMethods(value, ['info', 'warn', 'error']) ? undefined : 'an object with info, warn and error, as pino makes it'

/** Whether a value has all of these methods. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

/** Hears of what an asynchronous logger fails with later: nobody else would, and that ends the process. */
export function caught(made: unknown, report: (error: unknown) => void): void {
  if (made instanceof Promise) made.catch(report)
}
