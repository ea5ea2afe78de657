import { type Body, EdgeError, emptyBody, type HeaderMap, type Reply } from 'edgewise'
import { testExchange } from 'edgewise/testing'
import { Http1Attempt } from '../../../../src/forwarding/http1/attempt.js'
import type { Connection } from '../../../../src/forwarding/http1/connection.js'
import { ReplyReader } from '../../../../src/forwarding/http1/reply-reader.js'
import { PhaseTimer } from '../../../../src/forwarding/phase-timer.js'
import type { Attempt } from '../../../../src/forwarding/transport.js'

/** What the bytes of a reply turned out to be. */
export interface Reading {
  readonly interims: readonly (readonly [status: number, headers: HeaderMap])[]
  readonly status: number | null
  readonly headers: HeaderMap | null
  readonly body: Buffer
  readonly trailers: HeaderMap
  /** Whether it came to its end. */
  readonly complete: boolean
  /** What refused it, or broke it off. */
  readonly error: unknown
  /** How many of the bytes were the reply's. */
  readonly consumed: number
  /** Whether its connection was good for another one. */
  readonly kept: boolean
  /** Whether its connection was given up. */
  readonly discarded: boolean
}

export interface ReadingOptions {
  /** @default 'GET' */
  readonly method?: string | undefined
  /** Whether the connection ends behind the bytes. @default false */
  readonly ended?: boolean | undefined
  /** @default false */
  readonly lenient?: boolean | undefined
  /** Of the request. @default none */
  readonly body?: Body | undefined
}

const endpoint = { pathPrefix: '', host: 'a' }
const timeouts = { connectMs: 0, firstByteMs: 0, idleMs: 0 }
const socket = { writableLength: 0, write: () => true, cork() {}, uncork() {} }

/** Reads a reply without a socket, by the attempt that asked for it. */
export function readReply(pieces: Iterable<Uint8Array>, options: ReadingOptions = {}): Reading {
  const { method = 'GET', ended = false, lenient = false, body: sent = emptyBody } = options
  const interims: [number, HeaderMap][] = []
  const body: Buffer[] = []
  let reply: Reply | null = null
  let error: unknown = null
  let complete = false
  let kept = false
  let persists = false
  let discarded = false
  const progress = { phase: 'queued', reusedConnection: false, times: {} }
  const attempt = {
    ...{ endpoint, timeouts, progress, freshConnection: false },
    onAbort() {},
    inform: (status: number, headers: HeaderMap) => interims.push([status, headers]),
  }
  const connection = {
    ...{ socket, timer: new PhaseTimer(), connected: true, served: 0 },
    ...{ carry() {}, pause() {}, resume() {} },
    expectReply: () => reader.expect(),
    discard() {
      discarded = true
      reader.stop()
    },
    heed: ({ connection: says }: { connection: string }, minor: number, framing: unknown) => {
      persists = framing !== 'close' && (minor === 1 ? !says.includes('close') : says.includes('keep-alive'))
    },
    release() {
      kept = persists
    },
  }
  const failed = (reason: unknown): void => {
    error ??= reason
  }
  const answered = (made: Reply): void => {
    reply = made
    if (made.body.kind === 'empty') complete = true
    if (made.body.kind !== 'stream') return
    const end = (): void => {
      complete = true
    }
    made.body.attach({ write: (chunk) => body.push(Buffer.from(chunk)) > 0, end, fail: failed })
  }
  const carried = new Http1Attempt(
    testExchange('/x', { method, body: sent }),
    attempt as unknown as Attempt,
    connection as unknown as Connection,
    lenient,
    answered,
    failed,
  )
  const reader = new ReplyReader(carried)
  carried.start()
  let consumed = 0
  try {
    for (const piece of pieces) {
      const taken = reader.read(Buffer.from(piece), piece.byteLength)
      consumed += taken
      if (taken < piece.byteLength) break
    }
    if (ended && !complete && error === null && !reader.finish()) carried.lost(new Error('ended'))
  } catch (thrown) {
    carried.lost(thrown as Error)
    failed(thrown)
  }
  const { status = null, headers = null, trailers } = (reply ?? {}) as Partial<Reply>
  return {
    ...{ interims, status, headers, complete, error, consumed, kept, discarded },
    body: Buffer.concat(body),
    trailers: trailers?.() ?? {},
  }
}

/** Reads bytes (latin1) in one piece. */
export function readText(text: string, options?: ReadingOptions): Reading {
  return readReply([Buffer.from(text, 'latin1')], options)
}

/** The error that refuses what is not a reply: the only one there is. */
export function isBadReply(error: unknown): boolean {
  return error instanceof EdgeError && error.code === 'ERR_EDGE_BAD_REPLY'
}

/** Cuts bytes at places; out-of-range ones and repeated ones do nothing. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  const pieces: Buffer[] = []
  let from = 0
  for (const to of [...at, bytes.length]) {
    if (to > from) pieces.push(bytes.subarray(from, to))
    from = Math.max(from, to)
  }
  return pieces
}
