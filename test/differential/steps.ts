import type { WireReply, WireRequest } from '../support/index.js'
import type { Outcome } from './ask.js'
import type { Arrival } from './far-end.js'

/** What a proxy did with one request of a connection. */
export type Step =
  | { readonly kind: 'forwarded'; readonly request: Forwarded; readonly strict: boolean }
  /** The upstream got a head, and saw that the rest will not come. */
  | { readonly kind: 'broken'; readonly request: Forwarded; readonly status: number | null }
  | { readonly kind: 'answered'; readonly status: number }
  /** The connection was closed without a word. */
  | { readonly kind: 'closed' }
  /** Nothing, until the client left. */
  | { readonly kind: 'waited' }

/** A message as the upstream got it. */
export interface Forwarded {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly body: string
  readonly fields: ReadonlyMap<string, string>
}

/** Tells the story of a connection: replies in their order, then what was sent to the upstream and not answered. */
export function stepsOf({ replies, unprompted, ended, arrivals }: Outcome): Step[] {
  const left = new Map(arrivals.map((arrival) => [arrival.id, arrival]))
  const steps: Step[] = []
  const broken = (): Arrival | undefined => [...left.values()].find(isBroken)
  for (const [at, reply] of replies.entries()) {
    const from = left.get(idOf(reply))
    if (from !== undefined) {
      left.delete(from.id)
      steps.push(forwarded(from))
    } else if (idOf(reply) === 0) {
      // The far end's own 400.
      const bad = [...left.values()].find(({ error }) => error !== undefined)
      if (bad !== undefined) left.delete(bad.id)
      steps.push(bad === undefined ? { kind: 'answered', status: reply.status } : forwarded(bad))
    } else {
      const part = broken()
      if (part !== undefined) {
        left.delete(part.id)
        steps.push({ kind: 'broken', request: requestOf(part), status: reply.status })
        // What a proxy says to a client that has left is not heard.
      } else if (at < unprompted || !reply.complete) steps.push({ kind: 'answered', status: reply.status })
      else steps.push(ended === 'itself' ? { kind: 'answered', status: reply.status } : { kind: 'waited' })
    }
  }
  for (const arrival of left.values())
    steps.push(isBroken(arrival) ? { kind: 'broken', request: requestOf(arrival), status: null } : forwarded(arrival))
  if (steps.length === 0) steps.push(ended === 'itself' ? { kind: 'closed' } : { kind: 'waited' })
  return steps
}

function isBroken({ message, error }: Arrival): boolean {
  return message !== null && error === undefined && !message.complete
}

function forwarded(arrival: Arrival): Step {
  return {
    kind: 'forwarded',
    request: requestOf(arrival),
    strict: arrival.error === undefined && arrival.message !== null,
  }
}

/** Which arrival a reply answers; `undefined` in a proxy's own reply. */
export function idOf(reply: WireReply): number {
  const said = reply.header('x-far')
  return said === undefined ? Number.NaN : Number(said)
}

function requestOf({ message, text }: Arrival): Forwarded {
  if (message !== null) return readable(message)
  const [line = '', ...lines] = text.split('\r\n\r\n', 1)[0]!.split('\r\n')
  const fields = new Map<string, string>()
  for (const each of lines) add(fields, each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1).trim())
  const [method = '', target = ''] = line.split(' ')
  return { method, target, host: hostOf(fields.get('host')), body: '', fields }
}

function readable(message: WireRequest): Forwarded {
  const fields = new Map<string, string>()
  for (const [name, value] of message.headers) add(fields, name, value)
  const { method, target, body } = message
  return { method, target, host: hostOf(fields.get('host')), body: body.toString('latin1'), fields }
}

function add(fields: Map<string, string>, raw: string, value: string): void {
  const name = raw.toLowerCase()
  const before = fields.get(name)
  fields.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
}

/** A name without its port: NGINX's `$host` has none. */
function hostOf(field = ''): string {
  return field.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
