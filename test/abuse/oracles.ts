import { setTimeout as delay } from 'node:timers/promises'
import { parseReplies, type RawResult, shown, type WireReply } from '../support/index.js'
import type { Far, Finding } from './attack.js'

const text = (value: string): string => shown(value, 120)

/** What is on its way arrives within this, in ms, if at all. */
const QUIET = 200

/** The first that went wrong. */
export async function first(...findings: readonly (Finding | Promise<Finding>)[]): Promise<Finding> {
  return (await Promise.all(findings)).find((each) => each !== undefined)
}

/** Looks for requests that the proxy never saw: those without the field that it is configured to set on each. */
export function stray({ connections }: Far): Finding {
  for (const { requests } of connections) {
    const nth = requests.findIndex((each) => each.header('x-tenant') !== 'edge')
    if (nth === -1) continue
    // RFC 9112 section 9.6: a server reads nothing behind it.
    if (requests.slice(0, nth).some((each) => each.header('connection') === 'close'))
      return 'the body arrives outside of its message; only Connection: close keeps it from being a request'
    const { method, target } = requests[nth]!
    return `the upstream got ${text(`${method} ${target}`)}, a request that the proxy never saw`
  }
  return undefined
}

/** What a strict parser says, without the bytes: those are in the evidence. */
const complaint = (error: unknown): string => (error as Error).message.split(': "')[0]!

/** Looks for what is not strictly HTTP/1.1 as well, as nobody knows how an upstream reads that; once no more comes. */
export async function smuggled(far: Far): Promise<Finding> {
  const count = (): number => far.connections.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0)
  for (let before = -1; before !== count(); await delay(QUIET)) before = count()

  const error = far.connections.find((connection) => connection.error)?.error
  return stray(far) ?? (error && `the upstream got what not everybody reads alike (${complaint(error)})`)
}

/** The replies of a client, or what is wrong with its bytes. */
export function repliesOf(
  { bytes, ended }: Pick<RawResult, 'bytes' | 'ended'>,
  methods: readonly string[] = [],
): { readonly replies: readonly WireReply[]; readonly problem: Finding } {
  try {
    const all = parseReplies(bytes, { methods, closed: ended === 'closed', unfinished: true })
    return { replies: all.filter(({ interim }) => !interim), problem: undefined }
  } catch (error) {
    return { replies: [], problem: `the client got what is no HTTP/1.1 (${complaint(error)})` }
  }
}

/** Whether a client was answered, or at least not left waiting. */
export function notLeft(result: RawResult): Finding {
  const { replies, problem } = repliesOf(result)
  if (problem) return problem
  if (result.ended !== 'open') return undefined
  if (replies.length === 0) return 'the client is left without an answer'
  return replies.at(-1)!.complete ? undefined : 'the client is left waiting for the rest'
}

/** Whether a client was told that something is wrong: a 5xx, or a message that is visibly broken. */
export function failedVisibly(result: RawResult): Finding {
  const { replies, problem } = repliesOf(result)
  const [reply] = replies
  if (problem) return problem
  if (reply === undefined && result.bytes.length > 0) return `the client got what is no reply: ${text(result.text)}`
  if (reply === undefined) return result.ended === 'open' ? 'the client is left without an answer' : undefined
  if (reply.status >= 500)
    return reply.complete || result.ended !== 'open' ? undefined : 'an error page without its end'
  if (reply.complete) return `the client got a whole ${reply.status}: ${text(reply.body.toString('latin1'))}`
  return result.ended === 'open' ? 'the client is left waiting for the rest' : undefined
}
