import { createGateway, createPool, statusPage } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { eventually, h2Client } from '../../../support/index.js'
import type { Http2Cell } from './cell.js'

/** The status page in streams of HTTP/2. */
export function http2StatusPage({ harness, title, over }: Http2Cell): void {
  describe(`${title}: the status page`, () => {
    it('is JSON and a stream of events on one connection, and the stream ends when the gateway drains', async () => {
      const pools = [createPool({ name: 'users', endpoints: ['http://127.0.0.1:1'] })]
      const gateway = createGateway({ routes: [{ path: '/status', handler: statusPage({ pools }) }] })
      await using app = await harness.listen(gateway, over)
      await using client = h2Client(app.port)
      const watching = client.open('/status', { accept: 'text/event-stream' }, true)
      let text = ''
      watching.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      await eventually(() => text.includes('event: status\ndata: {'))
      const data = await client.ask('/status', { headers: { accept: 'application/json' } })
      expect(JSON.parse(data.body)).toMatchObject({ pools: [{ name: 'users' }] })
      const ended = new Promise((resolve) => watching.once('end', resolve))
      await gateway.close({ graceMs: 60_000 })
      await ended
      expect(text).toContain('event: end')
    })
  })
}
