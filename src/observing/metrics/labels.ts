import { STATUS_CODES } from 'node:http'
import { ERROR_TABLE } from '../../errors.js'
import { KNOWN_METHODS } from '../methods.js'

/** Stands for all values of a label that would be too many to tell apart. */
export const OTHER = 'other'

/** A method that is specified. */
export function methodLabel(method: string): string {
  return KNOWN_METHODS.has(method) ? method : OTHER
}

/** The pattern of a route; `none` where there was none. */
export function routeLabel(route: string | null): string {
  return route ?? 'none'
}

/** A registered status by its number, another one by its class; `none` where no reply went out. */
export function statusLabel(status: number | null): string {
  if (status === null) return 'none'
  return STATUS_CODES[status] === undefined ? classLabel(status) : String(status)
}

/** `2xx` and so on. */
export function classLabel(status: number): string {
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : OTHER
}

/** A code of {@link ERROR_TABLE}; errors of another copy of the package may have codes of their own. */
export function errorLabel(error: { readonly code?: unknown } | null): string {
  const code = error?.code
  return typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code) ? code : OTHER
}

/** A status or the code of an error as `retry` events have them, in words. */
export function reasonLabel(why: string): string {
  return /^[1-5]\d\d$/.test(why) ? statusLabel(Number(why)) : errorLabel({ code: why })
}
