import { type Body, bytes, type Exchange, type Filter, type Reply, reply, toBody } from 'edgewise'
import { asking } from '../coding-kit.js'
import { ran } from '../ran.js'

/** A message as it comes out of a filter. */
export interface Out {
  /** Of a request that was answered here, or of a reply. */
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** A POST with a body of a type. */
export function posting(
  content: Body | Uint8Array | string,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Exchange {
  return asking({ 'content-type': type, ...headers }, { method: 'POST', body: toBody(content) })
}

/** What a handler gets of a request (status 0), or what the client gets instead. */
export async function passed(filter: Filter, exchange: Exchange): Promise<Out> {
  const { passed: given, reply: answer } = await ran(filter, exchange)
  if (given === null) return { status: answer.status, headers: answer.headers, text: await textOf(answer.body) }
  return { status: 0, headers: given.headers, text: await textOf(given.body) }
}

/** What a client gets of a reply. */
export async function got(filter: Filter, answer: Reply, exchange: Exchange = asking()): Promise<Out> {
  const { reply: out } = await ran(filter, exchange, () => answer)
  return { status: out.status, headers: out.headers, text: await textOf(out.body) }
}

export async function textOf(body: Body): Promise<string> {
  return Buffer.from(await bytes(body, 1 << 28)).toString()
}

/** A 200 of a type. */
export function typed(
  content: Body | Uint8Array | string,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return reply(200, toBody(content), { 'content-type': type, ...headers })
}
