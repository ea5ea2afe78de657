import { createServer } from 'node:net'
import { bytes as bytesOf, createPool, type Endpoint, http1, type Transport, undici } from 'edgewise'
import { testExchange } from 'edgewise/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTrailers } from '../../src/forwarding/trailers.js'
import { ForwardAttempt } from '../../src/forwarding/transport.js'
import { readReplyFields } from '../../src/http/reply-fields.js'
import { isBadReply, type Reading, readReply } from '../unit/forwarding/http1/reading.js'
import { mutants } from '../unit/forwarding/http1/replies.js'
import { type NodeReading, nodeReads } from './node-reads.js'

/** How many replies are compared: 5,000 take two seconds. */
const COUNT = Number(process.env['REPLY_MUTANTS'] ?? 5_000)
/** The same ones each time, unless another seed is asked for; fast-check prints it when something is not as it should be. */
const SEED = Number(process.env['REPLY_SEED'] ?? 1)
/** Of those over real sockets. */
const SAMPLE = 300

/** Where Node is more lenient, and RFC 9112 on our side: anything else that Node takes for a reply is one. */
const STRICTER: readonly (readonly [reason: string, why: RegExp])[] = [
  ['§6.1: what is not understood could frame the message', /transfer coding other than one chunked/],
  ['§6.1: no HTTP/1.0 sender may use one', /transfer coding in HTTP\/1\.0/],
  ['§2.2 lets servers, not clients, skip empty lines in front; §2.3: no version but 1.0 and 1.1', /not HTTP\/1$/],
  ['§4: no control characters in a reason phrase, no status below 100', /not a status line/],
  ['§5.5: no control characters in a value; §5.1: no blank in front of a colon', /not a field line/],
  ['§6.3: a length that is repeated, even with the same value', /Content-Length is repeated or not a plain number/],
  ['RFC 9110 §15.2.2: a 101 that nobody asked for (H-068)', /status 101$/],
  ['§6.3: both framings', /Content-Length next to Transfer-Encoding/],
]

/** Where Node is stricter: by its error, with what makes bytes of it that Node reads, too, and no otherwise. */
const LENIENT: Readonly<Record<string, (text: string) => string>> = {
  // §7.1.1: a recipient ignores extensions that it does not know; Node wants each to be a token.
  HPE_STRICT: (text) => text.replaceAll(/(\r\n[0-9A-Fa-f]+);[^\r]*(?=\r\n)/g, '$1'),
  // §9.6: it is the final reply whose `close`, or version, ends the connection; Node refuses what follows an interim one with that.
  HPE_CLOSED_CONNECTION: (text) =>
    text.replace(/^(?:HTTP\/1\.[01] 1[^\r]*\r\n(?:[^\r]+\r\n)*\r\n)*/, (interims) =>
      interims.replaceAll(/^connection:.*\r\n/gim, '').replaceAll('HTTP/1.0', 'HTTP/1.1'),
    ),
  // RFC 9110 §6.5.1: a length that comes as a trailer is ignored, not obeyed.
  HPE_INVALID_CONTENT_LENGTH: (text) =>
    text.replace(/(\r\n0+(?:;[^\r]*)?\r\n(?:[^\r]+\r\n)*?)content-length:[^\r]*\r\n/i, '$1'),
}

describe('the bytes of a reply, as read by http1() and by others', () => {
  it('H-103 H-104 H-105 what http1() takes for a reply, Node takes for the same one, to the last byte', async () => {
    const seen = { both: 0, stricter: 0, neither: 0 }
    await fc.assert(
      fc.asyncProperty(mutants, fc.constantFrom('GET', 'GET', 'GET', 'HEAD'), async (bytes, method) => {
        const ours = readReply([bytes], { method, ended: true })
        const node = await nodeReads(bytes, method)
        if (ours.complete && node.complete) {
          expect(shown(ours)).toEqual(shownNode(node))
          seen.both++
        } else if (ours.complete) {
          expect(shownNode(await mended(bytes, method, node))).toEqual(shown(ours))
        } else {
          // What there is of it is the beginning of what Node makes of it, or goes on for longer than Node reads.
          const common = Math.min(ours.body.length, node.body.length)
          if (ours.status !== null && node.status !== null)
            expect([ours.status, ours.body.subarray(0, common)]).toEqual([node.status, node.body.subarray(0, common)])
          if (!node.complete) seen.neither++
          else {
            expect(isBadReply(ours.error)).toBe(true)
            expect(STRICTER.filter(([, why]) => why.test(String(ours.error))).map(([reason]) => reason)).toHaveLength(1)
            seen.stricter++
          }
        }
      }),
      { numRuns: COUNT, seed: SEED },
    )
    // Or it would say nothing.
    expect(seen.both).toBeGreaterThan(COUNT / 10)
    expect(seen.neither).toBeGreaterThan(COUNT / 10)
  }, 600_000)

  it('H-103 H-104 H-105 and over sockets: undici reads none otherwise, nor does http1() read otherwise than without', async () => {
    const replies = fc.sample(mutants, { numRuns: SAMPLE, seed: SEED })
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (head) => socket.end(replies[Number(/\/(\d+)/.exec(head.toString())![1])]!))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await using pool = createPool({ name: 'far', endpoints: [`http://127.0.0.1:${port}`] })
    const [endpoint] = pool.endpoints
    let both = 0
    for (let nth = 0; nth < SAMPLE; nth += 1) {
      const ours = await carried(http1(), endpoint!, nth)
      const theirs = await carried(undici(), endpoint!, nth)
      const read = readReply([replies[nth]!], { ended: true })
      const what = `seed ${SEED}, reply ${nth}: ${JSON.stringify(replies[nth]!.toString('latin1'))}`
      expect(ours, what).toEqual(read.complete ? shown(read) : null)
      if (ours === null || theirs === null) continue
      // undici keeps blanks behind a value, which are no part of it (RFC 9110 §5.5).
      expect(trimmed(theirs), what).toEqual(trimmed(ours))
      both++
    }
    expect(both).toBeGreaterThan(SAMPLE / 10)
    server.close()
  })
})

/** What Node makes of it when what it alone refuses is taken out. */
async function mended(bytes: Buffer, method: string, node: NodeReading): Promise<NodeReading> {
  let text = bytes.toString('latin1')
  let reading = node
  for (let tries = 0; !reading.complete && tries < 5; tries += 1) {
    text = LENIENT[reading.error ?? '']?.(text) ?? text
    reading = await nodeReads(Buffer.from(text, 'latin1'), method)
  }
  return reading
}

interface Shown {
  readonly interims: readonly number[]
  readonly status: number | null
  readonly headers: object
  readonly body: string
  readonly trailers: object
}

function shown({ interims, status, headers, body, trailers }: Reading): Shown {
  const early = interims.map(([each]) => each)
  return { interims: early, status, headers: { ...headers }, body: body.toString('latin1'), trailers: { ...trailers } }
}

function shownNode({ interims, status, rawHeaders, rawTrailers, body }: NodeReading): Shown {
  const headers = { ...readReplyFields(rawHeaders).headers }
  const trailers = { ...readTrailers(readReplyFields(rawTrailers).headers) }
  return { interims, status, headers, body: body.toString('latin1'), trailers }
}

function trimmed({ headers, ...rest }: Shown): object {
  const fields = Object.entries(headers).map(([name, value]) => [
    name,
    String(value).replaceAll(/^[\t ]+|[\t ]+$/g, ''),
  ])
  return { ...rest, headers: Object.fromEntries(fields) }
}

/** A reply as it comes over a socket; `null` for one that is refused, or broken off. */
async function carried(transport: Transport, endpoint: Endpoint, nth: number): Promise<Shown | null> {
  const exchange = testExchange(`/${nth}`)
  const attempt = new ForwardAttempt(exchange, endpoint, { connectMs: 0, firstByteMs: 2_000, idleMs: 2_000 }, true)
  const interims: number[] = []
  attempt.inform = (status) => interims.push(status)
  try {
    const { status, headers, body, trailers } = await transport(exchange, attempt)
    const whole = Buffer.from(await bytesOf(body, 1_000_000)).toString('latin1')
    return { interims, status, headers: { ...headers }, body: whole, trailers: { ...trailers?.() } }
  } catch {
    return null
  }
}
