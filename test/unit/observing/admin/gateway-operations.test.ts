import { basicAuth, compose, createGateway, csrf, ipRules, respond } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { apiOver } from './kit.js'

describe('gateways', () => {
  it('show what they have under way, and where they send what', async () => {
    const handler = respond()
    const gateway = createGateway({
      filters: [ipRules({ allow: ['loopback'] })],
      routes: [
        { path: '/users/:id', methods: ['get', 'post'], hosts: ['a.test'], headers: { 'x-beta': true }, handler },
        { path: '/**', handler: compose(csrf(), basicAuth({ verify: async () => null }), handler) },
      ],
    })
    const second = createGateway({ routes: [{ path: '/', handler }] })
    const { ask } = apiOver({ gateways: { main: gateway, second } })
    expect((await ask('GET /gateways')).json.gateways).toMatchObject([
      { name: 'main', draining: false, requests: 0, tunnels: 0, tunnelTotals: {} },
      { name: 'second' },
    ])
    const { json } = await ask('GET /routes?gateway=main')
    expect(json.items).toEqual([
      {
        gateway: 'main',
        path: '/users/:id',
        methods: ['GET', 'POST'],
        hosts: ['a.test'],
        conditions: 1,
        filters: ['ipRules'],
      },
      {
        gateway: 'main',
        path: '/**',
        methods: null,
        hosts: null,
        conditions: 0,
        filters: ['ipRules', 'csrf', 'basicAuth'],
      },
    ])
    expect((await ask('GET /routes')).json.total).toBe(3)
    await gateway.close()
    expect((await ask('GET /gateways')).json.gateways[0].draining).toBe(true)
    await second.close()
  })
})
