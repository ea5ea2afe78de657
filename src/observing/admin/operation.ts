import { bytesBody } from '../../body.js'
import type { Refusal } from '../../filters/validate/refusal.js'
import { toHeaders } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import type { Fields } from './fields.js'

/** One thing that can be asked of the API. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the mount point. `{pool}` stands for a name, which may hold slashes. */
  readonly path: string
  /** In `admin` events, and in the description of the API. */
  readonly name: string
  readonly summary: string
  /** @default none, and none may be sent */
  readonly query?: Fields | undefined
  /** @default none, and none may be sent but `{}` */
  readonly body?: Fields | undefined
  /** What is done, for `admin` events. @default its name */
  action?(asked: Asked): string
  /** What it is done to, for `admin` events. @default the names in its path */
  subject?(asked: Asked): string
  run(asked: Asked): Answer | Promise<Answer>
}

/** A request that has been read, and found to be what its operation takes. */
export interface Asked {
  /** What stands in the path's places. */
  readonly names: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  /** The address of another part of the API, for clients to follow. */
  readonly link: (path: string) => string
}

/** What is now so, or why it is not. */
export type Answer = Told | Untold

/** Why something was not done, and what is wrong, place by place. */
export interface Untold extends Omit<Refusal, 'errors'> {
  readonly errors?: readonly object[] | undefined
}

/** What is now so. */
export interface Told {
  readonly json: object
  /** @default 200 */
  readonly code?: number
  /** Where what was made is. */
  readonly location?: string
  /** What it was done to, for `admin` events, where only who did it knows. */
  readonly subject?: string
}

/** Writes an answer; nobody may keep it, and no browser may take it for anything but JSON. */
export function toReply({ json, code = 200, location }: Told): Reply {
  const bytes = Buffer.from(JSON.stringify(json))
  const headers = toHeaders({
    'content-type': 'application/json',
    // A HEAD is told the length that a GET would be.
    'content-length': bytes.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    location,
  })
  return { status: code, headers, body: bytesBody(bytes) }
}
