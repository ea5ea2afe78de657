import type { Handler } from 'edgewise'
import { type H2Answer, type H2AskOptions, h2Client } from '../../../support/index.js'
import type { AppOptions, Harness } from '../../harness/harness.js'
import { gatewayTo } from '../kit.js'

/** One adapter in one of its ways, on a server for HTTP/2. */
export interface Http2Cell {
  readonly harness: Harness
  readonly title: string
  readonly over: AppOptions
  /** Whether replies go out by Node's own response. */
  readonly direct: boolean
  /** Asks once, on a connection of its own. */
  ask(port: number, path: string, asked?: H2AskOptions): Promise<H2Answer>
  /** What a handler's reply looks like to a client. */
  answer(handler: Handler, asked?: H2AskOptions): Promise<H2Answer>
}

export function http2Cell(harness: Harness, options: AppOptions): Http2Cell {
  const over: AppOptions = { ...options, http2: true }
  const ask = async (port: number, path: string, asked?: H2AskOptions): Promise<H2Answer> => {
    await using client = h2Client(port)
    return await client.ask(path, asked)
  }
  return {
    harness,
    over,
    title: `${harness.name}${options.direct ? ' (direct)' : ''} over HTTP/2`,
    direct: harness.traits.direct === 'always' || options.direct === true,
    ask,
    async answer(handler, asked) {
      await using app = await harness.listen(gatewayTo(handler), over)
      return await ask(app.port, '/x', asked)
    },
  }
}
