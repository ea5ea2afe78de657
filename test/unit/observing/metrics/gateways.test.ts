import { createGateway, type MeasuredGateway, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { kept } from './kit.js'

const gateway = (requests: number, tunnels: number, closeCodes: Readonly<Record<string, number>>): MeasuredGateway => {
  const both = { in: requests, out: tunnels }
  const totals = { open: tunnels, opened: 10, bytes: both, frames: both, messages: both, closeCodes }
  return { traffic: { requests, tunnels, tunnelTotals: totals } }
}

describe('gateways', () => {
  it('are added up', async () => {
    using it = kept({ gateways: [gateway(3, 2, { '1000': 5, '1006': 1 }), gateway(4, 0, { '1000': 1 })] })
    const { value } = await it.scrape()
    expect([
      value('edgewise_requests_in_flight'),
      value('edgewise_tunnels'),
      value('edgewise_tunnels_opened_total'),
      value('edgewise_tunnels_closed_total', { code: '1000' }),
      value('edgewise_tunnels_closed_total', { code: '1006' }),
      value('edgewise_tunnel_messages_total', { direction: 'in' }),
      value('edgewise_tunnel_messages_total', { direction: 'out' }),
    ]).toEqual([7, 2, 20, 6, 1, 7, 2])
  })

  it('may come and go, and be none', async () => {
    const gateways: MeasuredGateway[] = []
    using it = kept({ gateways: () => gateways })
    expect((await it.scrape()).value('edgewise_requests_in_flight')).toBe(0)
    gateways.push(createGateway({ routes: [{ path: '/', handler: async () => reply(200) }] }))
    expect((await it.scrape()).value('edgewise_tunnels_opened_total')).toBe(0)
  })
})
