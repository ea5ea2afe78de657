import { type AdminApiOptions, adminApi, bytesBody, type EdgeEvents, EventHub, type Handler } from 'edgewise'
import { type Asked, asked } from '../../asked.js'

/** What the API said. */
export interface Said {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers have any shape, which is what is tested.
  readonly json: any
  readonly headers: Readonly<Record<string, unknown>>
}

/** An API that lets everybody in, with what it told, and what may be asked of it in a line: `POST /bans`. */
export function apiOver(options: Partial<AdminApiOptions>): {
  readonly handler: Handler
  readonly told: readonly EdgeEvents['admin'][]
  readonly faults: readonly unknown[]
  ask(line: string, body?: unknown, odd?: Asked): Promise<Said>
} {
  const events = new EventHub()
  const told: EdgeEvents['admin'][] = []
  const faults: unknown[] = []
  events.on('admin', (event) => told.push(event))
  events.on('fault', ({ error }) => faults.push(error))
  const handler = adminApi({ authorize: () => 'ada', events, ...options })
  return { handler, told, faults, ask: (line, body, odd) => say(handler, line, body, odd) }
}

export async function say(handler: Handler, line: string, body?: unknown, odd: Asked = {}): Promise<Said> {
  const [method = '', target = ''] = line.split(' ')
  const text = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body ?? null))
  const exchange = asked(target, {
    method,
    ...(body === undefined ? {} : { body: bytesBody(text) }),
    ...odd,
    headers: {
      'x-edgewise-admin': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...odd.headers,
    },
  })
  const { status, headers, body: answer } = await handler(exchange)
  const json = answer.kind === 'bytes' ? JSON.parse(Buffer.from(answer.bytes).toString()) : null
  return { status, headers, json }
}
