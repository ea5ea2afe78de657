import { type Body, compose, type EdgeEvents, EventHub, type Exchange, type Filter, type Reply, reply } from 'edgewise'
import { asked } from '../../../asked.js'

export interface Received {
  readonly method?: string
  /** As it stands in the request line. @default that of the URL */
  readonly target?: string
  /** Pairs, as they came. */
  readonly fields?: readonly (readonly [name: string, value: string])[]
  readonly body?: Body
  readonly upgrade?: boolean
}

/** A request as it comes from the wire: with what Node knows of it. */
export function received(
  url: string,
  { method = 'GET', target, fields = [], body, upgrade = false }: Received = {},
): Exchange {
  const { protocol, host, hostname, pathname, search } = new URL(url)
  const pairs = [['Host', host] as const, ...fields]
  const headers: Record<string, string> = {}
  for (const [name, value] of pairs) {
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const exchange = asked(pathname + search, {
    method,
    headers,
    client: { protocol: protocol === 'https:' ? 'https' : 'http', authority: host, host: hostname },
    upgrade,
    requestTarget: target ?? pathname + search,
    ...(body === undefined ? {} : { body }),
  })
  Object.assign(exchange.raw, { method, rawHeaders: pairs.flat() })
  return exchange
}

export interface Ran {
  readonly status: number
  readonly reply: Reply
  readonly denied: readonly EdgeEvents['denied'][]
  /** What came past the filter. */
  readonly passed: Exchange | undefined
}

/** Asks a filter that was made for a hub, alone. */
export async function run(make: (events: EventHub) => Filter, exchange: Exchange): Promise<Ran> {
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  events.on('denied', (event) => denied.push(event))
  let passed: Exchange | undefined
  const handler = compose(make(events), async (onwards) => {
    passed = onwards
    return reply(200)
  })
  const answer = await handler(exchange)
  return { status: answer.status, reply: answer, denied, passed }
}
