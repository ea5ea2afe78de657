import { EdgeError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import { changeHeaders, type HeaderMap } from '../http/header-map.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { PoolOutlook } from '../upstream/outlook.js'
import type { ForwardVerdict, HandlerVerdict, PoolVerdict } from '../verdict.js'
import { answerHere } from './answer-here.js'
import type { ForwardParts } from './forward-parts.js'
import { withoutKeptCredentials } from './kept-credentials.js'
import { requestHeaders } from './request-headers.js'

/** What a forwarder would do with an exchange: it goes the same way, up to the point where something would be sent. */
export function explainForward(parts: ForwardParts, given: Exchange): HandlerVerdict {
  const here = answerHere(given, parts)
  if (here !== null) {
    const { status } = here
    const why = given.upgrade === null ? `${given.method} is not forwarded` : 'this upgrade is not forwarded'
    return { handler: 'forward', verdict: status < 400 ? 'answer' : 'deny', status, why }
  }
  let outgoing: Exchange
  try {
    const headers = requestHeaders(given, parts.headers)
    outgoing = given.with({ headers, wire: parts.rewrite === null ? given.wire : parts.rewrite(given) })
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error
    return { handler: 'forward', verdict: 'deny', status: error.status, why: error.message }
  }
  const pick = parts.pool.peek(given)
  const last = lastOf(pick)
  const forward = sentTo(last.endpoint, last, outgoing, parts, pick)
  if (last.fate === 'none')
    return { handler: 'forward', verdict: 'deny', status: last.status ?? 503, why: last.why, forward }
  const to = last.endpoint?.name ?? (last.fate === 'wait' ? 'whoever comes free' : 'one that is not known yet')
  return { handler: 'forward', verdict: 'forward', why: `to ${to} of pool ${last.pool}`, forward }
}

/** Where the way through fallback pools ends. */
function lastOf(outlook: PoolOutlook): PoolOutlook {
  return outlook.fallback === null ? outlook : lastOf(outlook.fallback)
}

function sentTo(
  endpoint: Endpoint | null,
  { pool }: PoolOutlook,
  outgoing: Exchange,
  parts: ForwardParts,
  pick: PoolOutlook,
): ForwardVerdict {
  const { retry, hedger, totalMs, timeouts, handshakeTimeouts } = parts
  const upgrade = outgoing.upgrade !== null
  return {
    pick: shown(pick),
    protocol: endpoint?.protocol ?? null,
    method: outgoing.method,
    path: (endpoint?.pathPrefix ?? '') + outgoing.wire.href,
    headers: fieldsTo(endpoint, pool === parts.pool.name ? outgoing : withoutKeptCredentials(outgoing), parts),
    timeouts: { ...(upgrade ? handshakeTimeouts : timeouts), totalMs },
    retry: retry.explain(outgoing),
    hedgeAfterMs: hedger === null ? null : hedger.delayFor(outgoing),
  }
}

function fieldsTo(
  endpoint: Endpoint | null,
  { headers, upgrade }: Exchange,
  { changeOrigin }: ForwardParts,
): HeaderMap {
  return changeHeaders(headers, {
    ...(changeOrigin ? { host: endpoint?.host ?? '(the name of the endpoint)' } : {}),
    ...(upgrade === null ? {} : { connection: 'Upgrade', upgrade: 'websocket' }),
  })
}

function shown(outlook: PoolOutlook): PoolVerdict {
  const { endpoint, candidates, skipped, fallback } = outlook
  return {
    ...outlook,
    endpoint: endpoint?.name ?? null,
    candidates: candidates.map(({ name }) => name),
    skipped: skipped.map((each) => ({ endpoint: each.endpoint.name, why: each.why })),
    fallback: fallback && shown(fallback),
  }
}
