import type { Exchange } from '../../exchange.js'
import { toHeaders } from '../../http/header-map.js'
import type { Check } from '../../options.js'
import { emptyReply, type Reply, reply } from '../../reply.js'

/** What a redirect may be (RFC 9110 §15.4): 307 and 308 keep the method, 303 makes it GET, 301 and 302 leave that to the client. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308

const STATUSES: ReadonlySet<unknown> = new Set([301, 302, 303, 307, 308])

export const redirectStatus: Check = (value) => (STATUSES.has(value) ? undefined : '301, 302, 303, 307 or 308')

/** Sends a client to another URL. */
export function redirectReply(status: RedirectStatus, location: string): Reply {
  return emptyReply(status, toHeaders({ location }))
}

/** To a client that named no host, in HTTP/1.0, there is nowhere to send. */
export function noHost(): Reply {
  return reply(400, 'without a Host there is nowhere to send to\n')
}

/** A path below the base, as the client asks for it: with one slash in front, so that it can't be taken for a host (H-045). */
export function aboveBase({ base }: Exchange, href: string): string {
  return base === '/' ? href : base + href
}
