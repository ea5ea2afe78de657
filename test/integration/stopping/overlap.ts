import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { type Child, child, eventually, freePort, sourceLoader } from '../../support/index.js'
import { type Answer, ask } from '../client.js'
import { BODY, overlapFar } from './overlap-far.js'
import { rawTalker, type Talk } from './raw-talker.js'

export interface OverlapOptions {
  /** How two processes come to one port: the primary of a cluster holds it, or each listens with SO_REUSEPORT. */
  readonly how: 'cluster' | 'reusePort'
  readonly requests: number
  readonly sockets: number
  /** How many ask on a new connection each time, at once. @default 8 */
  readonly newcomers?: number | undefined
}

/** What was seen of an old process that got SIGTERM under traffic, and of the new one beside it. */
export interface Overlap {
  /** Requests in flight at the signal that were answered in full. */
  readonly answered: number
  readonly talks: readonly Talk[]
  /** Whether the upstream has heard all that each WebSocket said. */
  readonly heardAll: boolean
  /** New requests from then on, by status or error: on connections of their own, and on kept ones. */
  readonly fresh: Readonly<Record<string, number>>
  readonly kept: Readonly<Record<string, number>>
  /** New requests that the old process has answered while it was leaving. */
  readonly byOld: number
  readonly exit: { readonly code: number | null; readonly signal: string | null }
  /** From the signal to the end of the process. */
  readonly exitMs: number
  /** What the old process says of it. */
  readonly report: unknown
}

const DELAY_MS = 500
/** Until what is in flight is answered: well after nothing new is taken. */
const HOLD_MS = 1_000

/** Lets an old process leave a port to a new one, with requests in flight, WebSockets open, and new requests coming. */
export async function overlap({ how, requests, sockets, newcomers = 8 }: OverlapOptions): Promise<Overlap> {
  await using far = await overlapFar()
  await using stage = await (how === 'cluster' ? clustered(far.url) : besides(far.url))
  const old = await stage.start()
  const inFlight = await inWaves(requests, 200, () => ask(old.port, '/held'))
  await eventually(() => far.held === requests, { timeoutMs: 15_000 })
  const talkers = await Promise.all(Array.from({ length: sockets }, (_, at) => rawTalker(old.port, `/ws?${at}`)))
  await stage.start()
  const load = keepAsking(old.port, old.pid, newcomers)
  await delay(200)

  const began = performance.now()
  process.kill(old.pid, 'SIGTERM')
  const released = delay(HOLD_MS).then(() => far.release())
  const exit = await old.exit
  const exitMs = Math.round(performance.now() - began)
  await released
  const answers = await Promise.all(inFlight)
  const talks = await Promise.all(talkers.map(({ end }) => end))
  await delay(200)
  const { fresh, kept, byOld } = await load.stop()
  const [said, heard] = [talks.map((talk) => talk.said), talks.map((_, at) => far.heard.get(`/ws?${at}`) ?? 0)]
  return {
    answered: answers.filter((each) => each?.status === 200 && each.body === BODY).length,
    talks,
    heardAll: said.every((count, at) => count === heard[at]),
    fresh,
    kept,
    byOld,
    exit,
    exitMs,
    report: stage.report(),
  }
}

/** Begins many, some at a time; one that fails is `null`. */
async function inWaves(count: number, size: number, begin: () => Promise<Answer>): Promise<Promise<Answer | null>[]> {
  const begun: Promise<Answer | null>[] = []
  for (let at = 0; at < count; at += size) {
    for (let one = at; one < Math.min(count, at + size); one++) begun.push(begin().catch(() => null))
    await delay(20)
  }
  return begun
}

/** New requests without end: of some clients on a new connection each time, and of eight on kept ones. */
function keepAsking(port: number, oldPid: number, newcomers: number) {
  const [fresh, kept]: [Record<string, number>, Record<string, number>] = [{}, {}]
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8, pipelining: 1 })
  let [stopped, byOld] = [false, 0]
  const count = (counts: Record<string, number>, what: string, pid: unknown): void => {
    counts[what] = (counts[what] ?? 0) + 1
    if (String(pid) === String(oldPid)) byOld++
  }
  const failed = (counts: Record<string, number>, error: Error & { code?: string }): void =>
    count(counts, error.code ?? error.message, null)
  const again = async (once: () => Promise<unknown>): Promise<void> => {
    while (!stopped) {
      await once()
      await delay(5)
    }
  }
  const onNew = (): Promise<unknown> =>
    ask(port, '/').then(
      ({ status, headers }) => count(fresh, String(status), headers['x-served-by']),
      (error) => failed(fresh, error),
    )
  const onKept = (): Promise<unknown> =>
    pool.request({ path: '/', method: 'GET' }).then(
      async ({ statusCode, headers, body }) => {
        await body.dump()
        count(kept, String(statusCode), headers['x-served-by'])
      },
      (error) => failed(kept, error),
    )
  const loops = [
    ...Array.from({ length: newcomers }, () => again(onNew)),
    ...Array.from({ length: 8 }, () => again(onKept)),
  ]
  return {
    async stop() {
      stopped = true
      await Promise.all(loops)
      await pool.close()
      return { fresh, kept, byOld }
    },
  }
}

interface Actor {
  readonly pid: number
  readonly port: number
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

interface Stage extends AsyncDisposable {
  /** Starts one more process on the port. */
  start(): Promise<Actor>
  /** The last report that one of them has printed. */
  report(): unknown
}

const own = (name: string): URL => new URL(name, import.meta.url)
const reportIn = (text: string): unknown =>
  JSON.parse(text.split('\n').findLast((line) => line.startsWith('{')) ?? 'null')

async function clustered(far: string): Promise<Stage> {
  type Told = { pid: number; listening?: number; code?: number | null; signal?: string | null; voluntary?: boolean }
  const primary = await child(own('primary.ts'), {
    imports: [sourceLoader],
    args: [far, String(await freePort()), String(DELAY_MS)],
  })
  const told = (): readonly Told[] => primary.messages as readonly Told[]
  let started = 0
  return {
    async start() {
      primary.send('fork')
      const nth = started++
      const up = await eventually(() => told().filter(({ listening }) => listening !== undefined)[nth], {
        timeoutMs: 10_000,
      })
      const exit = new Promise<Told>((resolve) => {
        primary.process.on('message', (message: Told) => {
          if (message.pid === up.pid && message.code !== undefined) resolve(message)
        })
      }).then(({ code = null, signal = null }) => ({ code, signal }))
      return { pid: up.pid, port: up.listening!, exit }
    },
    report: () => reportIn(primary.stdout),
    [Symbol.asyncDispose]: () => primary[Symbol.asyncDispose](),
  }
}

async function besides(far: string): Promise<Stage> {
  const port = await freePort()
  const children: Child[] = []
  return {
    async start() {
      const one = await child(own('gateway-process.ts'), {
        imports: [sourceLoader],
        args: [far, String(port), String(DELAY_MS)],
      })
      children.push(one)
      await eventually(() => one.messages.some((each) => (each as { listening?: number }).listening !== undefined))
      return { pid: one.process.pid!, port, exit: one.exit }
    },
    report: () => reportIn(children[0]?.stdout ?? ''),
    async [Symbol.asyncDispose]() {
      for (const each of children) await each.stop()
    },
  }
}
