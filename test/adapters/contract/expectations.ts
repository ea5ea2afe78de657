import { attachContinue, compose, createGateway, createPool, type Filter, forward, handOver, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import type { App, Harness } from '../harness/harness.js'
import { appOver, gatewayTo, transports } from './kit.js'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const head = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n'

const deny: Filter = async () => reply(403, 'no')

/** Sends a head, and the body only when told to go on; what came back. */
async function post(app: App, fields = ''): Promise<string> {
  const { text } = await raw(
    app.port,
    [`${head}${fields}Connection: close\r\n\r\n`, (connection) => connection.waitFor(CONTINUE), 'hello'],
    { until: /HTTP\/1\.1 [2-5][\s\S]*\r\n\r\n/ },
  )
  return text
}

export function expectations(harness: Harness): void {
  const answering = async (app: App): Promise<App> => {
    attachContinue(app.server)
    return app
  }

  describe(`${harness.name} with attachContinue`, () => {
    it.each(transports)(
      'H-020 $transport tells the client to go on when it reads, and the upstream nothing',
      async ({ make }) => {
        await using far = await upstream()
        await using app = await answering(await appOver(harness, far.url, { transport: make() }))
        const text = await post(app)
        expect(text.split(CONTINUE)).toHaveLength(2)
        expect(text).toContain('HTTP/1.1 200')
        expect(far.requests[0]?.headers).toMatchObject({ 'content-length': '5' })
        expect(far.requests[0]?.headers).not.toHaveProperty('expect')
      },
    )

    it('H-020 a denial costs the client no upload', async () => {
      const gateway = createGateway({ routes: [{ path: '/**', filters: [deny], handler: handOver() }] })
      await using app = await answering(await harness.listen(gateway))
      const { text, ended } = await raw(app.port, `${head}\r\n`, { hold: 1_500, until: /403/ })
      expect(text).toMatch(/^HTTP\/1\.1 403/)
      expect(text).toMatch(/connection: close/i)
      expect(text).not.toContain('100 Continue')
      expect(ended).not.toBe('reset')
    })

    it('H-020 a body that comes unasked is not told to come', async () => {
      await using app = await answering(await harness.listen(gatewayTo(compose(deny, handOver()))))
      const { text } = await raw(app.port, `${head}\r\nhello`, { until: /403[\s\S]*no/ })
      expect(text).not.toContain('100 Continue')
      expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    })

    it('a request that finds no endpoint is not told to go on', async () => {
      const pool = createPool({ name: 'nobody', endpoints: [] })
      await using app = await answering(await harness.listen(gatewayTo(forward({ pool }))))
      const { text } = await raw(app.port, `${head}\r\n`, { until: /503/ })
      expect(text).not.toContain('100 Continue')
    })

    it("the app's own handlers get their bodies, too", async () => {
      await using app = await answering(await harness.listen(gatewayTo(handOver())))
      const text = await post(app)
      expect(text.split(CONTINUE)).toHaveLength(2)
      expect(text).toMatch(/HTTP\/1\.1 200[\s\S]*hello/)
    })
  })
}
