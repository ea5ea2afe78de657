import {
  type Body,
  createPool,
  EventHub,
  type Pool,
  type StatusPage,
  type StatusPageOptions,
  statusPage,
} from 'edgewise'
import { vi } from 'vitest'
import { type FakeClock, fakeClock } from '../../../support/index.js'
import { type Asked, asked } from '../../asked.js'
import { named } from '../../upstream/pool-kit.js'

/** A page over one pool, in time that only moves when told. */
export interface PageKit {
  readonly page: StatusPage
  readonly clock: FakeClock
  readonly events: EventHub
  readonly pool: Pool
  /** How often the pool was looked at. */
  readonly looks: () => number
  ask(target?: string, odd?: Asked): ReturnType<StatusPage>
  json(): Promise<Record<string, never>>
}

export function pageOver(options: Partial<StatusPageOptions> = {}): PageKit {
  const clock = fakeClock(1_700_000_000_000)
  const events = new EventHub()
  const pool = createPool({ name: 'users', endpoints: named('a', 'b'), events })
  const { mock } = vi.spyOn(pool, 'snapshot')
  const page = statusPage({ pools: [pool], clock, now: () => clock.now(), events, ...options })
  const ask: PageKit['ask'] = (target = '/', odd = {}) => page(asked(target, odd))
  return {
    page,
    clock,
    events,
    pool,
    ask,
    looks: () => mock.calls.length,
    json: async () => JSON.parse(textOf((await ask('/?format=json')).body)),
  }
}

export function textOf(body: Body): string {
  return body.kind === 'bytes' ? Buffer.from(body.bytes).toString() : ''
}

/** One server-sent event. */
export interface Told {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: reports of any shape.
  readonly data: any
}

/** Server-sent events in a text. */
export function eventsIn(text: string): readonly Told[] {
  return [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, event, data]) => ({
    event: event!,
    data: JSON.parse(data!),
  }))
}

/** Reads a stream as a client does; one that is `slow` takes nothing more until told. */
export function reader(
  body: Body,
  slow = false,
): { text: string; ended: boolean; error: Error | null; resume(): void } {
  if (body.kind !== 'stream') throw new Error('no stream')
  const state = {
    text: '',
    ended: false,
    error: null as Error | null,
    resume() {
      slow = false
      body.resume()
    },
  }
  body.attach({
    write(chunk) {
      state.text += Buffer.from(chunk).toString()
      return !slow
    },
    end() {
      state.ended = true
    },
    fail(error) {
      state.error = error
    },
  })
  return state
}
