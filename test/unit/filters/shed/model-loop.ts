import type { Loop } from '../../../../src/filters/shed/loop.js'
import { LoopQueue } from '../../../../src/filters/shed/loop-queue.js'
import type { Rank } from '../../../../src/filters/shed/priority.js'
import { seededRandom } from '../../../support/index.js'

export interface Work {
  /** When a request takes the processor: at once, in a later turn, before it waits for an upstream, or when it has. */
  readonly kind: 'at once' | 'later' | 'before waiting' | 'after waiting'
  /** Of what the loop can do. */
  readonly load: number
  readonly serviceMs?: number
  /** No shedding without. */
  readonly sliceMs?: number | undefined
  readonly seconds?: number
  /** Each request comes on a connection of its own, of which the loop takes one a turn. @default false */
  readonly connecting?: boolean
  /** @default all normal */
  readonly rank?: (random: number) => Rank
}

export interface Served {
  /** Requests done, of all that could be. */
  readonly goodput: number
  readonly p99: number
  readonly max: number
  /** Share of requests that were shed. */
  readonly shed: number
  /** Share of each rank that was done. */
  readonly shares: readonly number[]
}

interface Request {
  readonly at: number
  readonly rank: Rank
}

/** What a request costs besides its work, what one that is shed costs, and how long an upstream takes. */
const OVERHEAD_MS = 0.1
const SHED_MS = 0.06
const UPSTREAM_MS = 1
const ACCEPT_MS = 0.05
/** The first two seconds do not count. */
const LEAD_MS = 2_000

/** An event loop without sockets or time of its own: it polls, serves what has come in the order of chance, and then what is for later. */
export function serve({
  kind,
  load,
  serviceMs = 2,
  sliceMs,
  seconds = 12,
  connecting = false,
  rank = () => 1,
}: Work): Served {
  const random = seededRandom(1)
  let now = 0
  let idle = 0
  const afterPoll: (() => void)[] = []
  const loop: Loop = { now: () => now, idle: () => idle, afterPoll: (run) => void afterPoll.push(run) }
  const queue = sliceMs === undefined ? null : new LoopQueue(sliceMs, loop)
  const capacity = 1_000 / (serviceMs + OVERHEAD_MS)
  const gap = (): number => (-Math.log(1 - random()) * 1_000) / (capacity * load)
  const end = LEAD_MS + seconds * 1_000
  let next: Request = { at: gap(), rank: rank(random()) }
  let waiting: Request[] = []
  let later: Request[] = []
  const backlog: Request[] = []
  let replies: { readonly at: number; readonly of: Request }[] = []
  let refused = 0
  const latencies: number[] = []
  const offered = [0, 0, 0]
  const done = [0, 0, 0]

  const finish = (request: Request): void => {
    if (request.at < LEAD_MS) return
    done[request.rank]!++
    latencies.push(now - request.at)
  }
  const begin = (request: Request): void => {
    if (request.at >= LEAD_MS) offered[request.rank]!++
    if (queue?.admits(request.rank, connecting) === false) {
      now += SHED_MS
      if (request.at >= LEAD_MS) refused++
      return
    }
    now += OVERHEAD_MS / 2
    if (kind === 'later') return void later.push(request)
    if (kind !== 'after waiting') now += serviceMs
    if (kind === 'at once') {
      now += OVERHEAD_MS / 2
      finish(request)
    } else replies.push({ at: now + UPSTREAM_MS, of: request })
  }

  while (now < end) {
    for (; next.at <= now; next = { at: next.at + gap(), rank: rank(random()) })
      (connecting ? backlog : waiting).push(next)
    const come = replies.filter(({ at }) => at <= now)
    if (waiting.length + backlog.length + later.length + come.length === 0) {
      const until = Math.min(next.at, ...replies.map(({ at }) => at))
      idle += until - now
      now = until
      continue
    }
    replies = replies.filter(({ at }) => at > now)
    const events: [order: number, run: () => void][] = [
      ...waiting.map((request): [number, () => void] => [random(), () => begin(request)]),
      ...come.map(({ of }): [number, () => void] => [
        random(),
        () => {
          now += OVERHEAD_MS / 2 + (kind === 'after waiting' ? serviceMs : 0)
          finish(of)
        },
      ]),
    ]
    waiting = backlog.splice(0, 1)
    if (waiting.length > 0) now += ACCEPT_MS
    for (const [, run] of events.sort(([a], [b]) => a - b)) run()
    for (const run of afterPoll.splice(0)) run()
    const due = later
    later = []
    for (const request of due) {
      now += serviceMs + OVERHEAD_MS / 2
      finish(request)
    }
  }
  latencies.sort((a, b) => a - b)
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
  return {
    goodput: total(done) / seconds / capacity,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    max: latencies.at(-1) ?? Number.NaN,
    shed: refused / total(offered),
    shares: offered.map((count, at) => (count === 0 ? Number.NaN : done[at]! / count)),
  }
}
