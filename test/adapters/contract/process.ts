import { describe, expect, it } from 'vitest'
import { child, sourceLoader } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { request, talk } from './kit.js'

const ways = ['rejects', 'throws', 'nothing', 'behind', 'no-reply', 'rewrite']

export function surviving(harness: Harness): void {
  describe(`${harness.name}: the process`, () => {
    it('H-096 H-095 H-194 survives every failure of a filter, by request and by upgrade, without a warning', async () => {
      await using app = await child(new URL('../rejecting-app.ts', import.meta.url), {
        imports: [sourceLoader],
        args: [harness.name.replace(' ', '-')],
      })
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
      for (const way of ways) {
        expect([way, (await talk(app.port, request(`/${way}`))).reply.status]).toEqual([way, 500])
        const handshake = `GET /${way} HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`
        expect([way, (await talk(app.port, handshake)).reply.status]).toEqual([way, 500])
      }
      expect((await talk(app.port, request('/refused'))).reply.status).toBe(502)
      expect(JSON.parse((await talk(app.port, request('/own'))).reply.body.toString())).toMatchObject({ app: true })
      await app.healthy()
    })
  })
}
