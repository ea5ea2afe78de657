import { STATUS_CODES } from 'node:http'
import { bytesBody } from './body.js'
import { toHeaders } from './http/header-map.js'
import type { Reply } from './reply.js'

/** Problem details for HTTP APIs (RFC 9457). */
export interface Problem {
  readonly status: number
  /** A URI that names the kind of problem. @default 'about:blank', which says no more than the status */
  readonly type?: string | undefined
  /** The kind of problem in words, the same each time. @default the status's own words */
  readonly title?: string | undefined
  /** What went wrong this time, for whoever called. */
  readonly detail?: string | undefined
  /** A URI that names this occurrence. */
  readonly instance?: string | undefined
  /** Members of the type's own (RFC 9457 §3.2), as `errors`. */
  readonly [extension: string]: unknown
}

/**
 * Makes a reply of `application/problem+json`, not to be stored.
 *
 * @example
 * ```ts
 * const gone: Handler = async () => problem({ status: 410, detail: 'Version 1 ended in May; see /v2.' })
 * ```
 */
export function problem(
  details: Problem,
  headers: Readonly<Record<string, string | readonly string[] | number | undefined>> = {},
): Reply {
  const { status, type = 'about:blank', title = STATUS_CODES[status] ?? 'Error', ...rest } = details
  const fields = toHeaders({ 'cache-control': 'no-store', ...headers, 'content-type': 'application/problem+json' })
  return { status, headers: fields, body: bytesBody(Buffer.from(JSON.stringify({ type, title, status, ...rest }))) }
}
