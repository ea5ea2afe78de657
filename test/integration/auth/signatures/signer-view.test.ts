import { compose, createGateway, httpSignature, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask } from '../../../adapters/contract/kit.js'
import { node } from '../../../adapters/harness/node.js'
import { h2Client } from '../../../support/index.js'
import { keys, signedFields } from '../../../unit/filters/auth/signatures/signed.js'

const handler = compose(httpSignature({ keys }), async () => reply(200, 'passed'))

describe('what the signer saw', () => {
  it('over HTTP/2 is :method, :path and :authority, and a cookie in one piece', async () => {
    await using app = await node.listen(handler, { http2: true })
    await using client = h2Client(app.port)
    const fields = await signedFields('http://a.test/x?y=%7e', {
      components: ['@method', '@target-uri', '@request-target', 'cookie'],
      headers: { cookie: 'a=1; b=2' },
      params: { created: new Date() },
    })
    const { cookie: _whole, ...rest } = Object.fromEntries(fields)
    const headers = { ...rest, cookie: ['a=1', 'b=2'] }
    expect((await client.ask('/x?y=%7e', { headers })).status).toBe(200)
    expect((await client.ask('/x?y=~', { headers })).status).toBe(401)
    expect((await client.ask('/x?y=%7e', { headers: { ...headers, cookie: ['a=1', 'b=3'] } })).status).toBe(401)
    expect((await client.ask('/x?y=%7e', { headers: { ...headers, ':authority': 'b.test' } })).status).toBe(401)
  })

  it.each([
    ['', 200],
    ['Connection: close, X-Limit\r\n', 401],
    ['Connection: x-limit\r\nConnection: close\r\n', 401],
    ['Connection: close, X-Other, User-Agent\r\n', 200],
  ])('H-051 loses no field that is signed to "%s"', async (connection, status) => {
    await using app = await node.listen(handler)
    const signed = await signedFields('http://a.test/x', {
      headers: { 'x-limit': '5', 'user-agent': 'x' },
      components: ['@method', '@target-uri', 'x-limit', 'user-agent'],
      params: { created: new Date() },
    })
    const lines = signed.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    expect((await ask(app.port, '/x', { fields: `${lines}${connection}` })).status).toBe(status)
  })

  it.each([
    [['loopback'], 200],
    // Anybody could say so.
    [[], 401],
  ])('in front of a proxy that is trusted (%j) is what that tells of', async (trustedProxies, status) => {
    const gateway = createGateway({ trustedProxies, routes: [{ path: '/**', handler }] })
    await using app = await node.listen(gateway)
    const signed = await signedFields('https://api.example.com/x', { params: { created: new Date() } })
    const fields = [...signed, ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'api.example.com']]
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    expect((await ask(app.port, '/x', { fields: lines })).status).toBe(status)
  })
})
