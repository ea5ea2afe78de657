import { compose, type EdgeEvents, EventHub, type Exchange, type Filter, type Reply, reply } from 'edgewise'
import { Cancel } from '../../../src/cancel.js'
import { parseAuthority } from '../../../src/http/authority.js'

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Of the client. @default 192.0.2.1 */
  readonly address?: string
  readonly protocol?: 'http' | 'https'
  /** The Host field. @default a.test */
  readonly host?: string
  readonly rawHeaders?: readonly string[]
  /** Whether the client has left. @default false */
  readonly gone?: boolean
}

/** What a guard looks at of an exchange. */
export function asked(parts: Asked = {}): Exchange {
  const { method = 'GET', path = '/', query = '', headers = {}, address = '192.0.2.1', protocol = 'http' } = parts
  const authority = parts.host ?? 'a.test'
  const named = parseAuthority(authority)
  const cancel = new Cancel()
  if (parts.gone === true) cancel.abort(new Error('gone'))
  return {
    method,
    target: { path, query, href: path + query },
    headers: { host: authority, ...headers },
    client: { address, protocol, host: named?.host ?? null, port: named?.port ?? 80, authority },
    raw: { rawHeaders: parts.rawHeaders ?? Object.entries(headers).flat() },
    cancel,
  } as unknown as Exchange
}

export interface Judged {
  readonly status: number
  readonly reply: Reply
  readonly denied: readonly EdgeEvents['denied'][]
}

/** Asks a guard, made for a hub, and holds what it explains against what it does. */
export async function judge(make: (events: EventHub) => Filter, exchange: Exchange): Promise<Judged> {
  const events = new EventHub()
  const denied: EdgeEvents['denied'][] = []
  events.on('denied', (event) => denied.push(event))
  const filter = make(events)
  const answer = await compose(filter, async () => reply(200, 'passed'))(exchange)
  const verdict = filter.explain?.(exchange)
  if (verdict?.verdict !== (answer.status === 200 ? 'pass' : 'deny'))
    throw new Error(`explains ${verdict?.verdict}, does ${answer.status}`)
  if (denied.length !== (answer.status === 200 ? 0 : 1)) throw new Error(`${denied.length} denied events`)
  return { status: answer.status, reply: answer, denied }
}

/** The status a guard gives. */
export async function statusOf(make: (events: EventHub) => Filter, parts: Asked): Promise<number> {
  return (await judge(make, asked(parts))).status
}
