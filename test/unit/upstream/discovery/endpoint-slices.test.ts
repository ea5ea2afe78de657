import { describe, expect, it } from 'vitest'
import { type EndpointSlice, endpointsOfSlices } from '../../../../src/upstream/discovery/endpoint-slices.js'

const wishes = { port: 'http', protocol: 'http', host: 'users.shop.svc', addressType: undefined } as const
const HTTP = { name: 'http', port: 8080, protocol: 'TCP' }

function slice(endpoints: EndpointSlice['endpoints'], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return { addressType: 'IPv4', ports: [HTTP], endpoints, ...more }
}

const pod = (address: string, conditions?: object) => ({ addresses: [address], ...(conditions && { conditions }) })
const urls = (...slices: EndpointSlice[]) => endpointsOfSlices(slices, wishes).map(({ url }) => url)

describe('endpoints of a Service’s slices', () => {
  it('are those that are ready, or of which nothing is known', () => {
    const all = [
      pod('10.0.0.1'),
      pod('10.0.0.2', { ready: true }),
      pod('10.0.0.3', { ready: false }),
      pod('10.0.0.4', {}),
    ]
    expect(urls(slice(all))).toEqual(['http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.4:8080'])
    expect(urls(slice([pod('10.0.0.1', { ready: null })]))).toEqual(['http://10.0.0.1:8080'])
  })

  it('are those that serve while they terminate when none is ready, and only then', () => {
    const leaving = pod('10.0.0.1', { ready: false, serving: true, terminating: true })
    const dead = pod('10.0.0.2', { ready: false, serving: false, terminating: true })
    const starting = pod('10.0.0.3', { ready: false, serving: false, terminating: false })
    expect(urls(slice([leaving, dead, starting]))).toEqual(['http://10.0.0.1:8080'])
    expect(urls(slice([leaving, dead]), slice([pod('10.0.0.4')]))).toEqual(['http://10.0.0.4:8080'])
  })

  it('stand once that are in two slices, ready in one of them', () => {
    const [before, after] = [pod('10.0.0.1', { ready: false }), pod('10.0.0.1', { ready: true })]
    expect(urls(slice([before]), slice([after]), slice([after]))).toEqual(['http://10.0.0.1:8080'])
  })

  it('are of one family: IPv4 if there is any, else IPv6, or as told', () => {
    const six = slice([pod('fd00::1')], { addressType: 'IPv6' })
    expect(urls(slice([pod('10.0.0.1')]), six)).toEqual(['http://10.0.0.1:8080'])
    expect(urls(slice([]), six)).toEqual(['http://[fd00::1]:8080'])
    const told = endpointsOfSlices([slice([pod('10.0.0.1')]), six], { ...wishes, addressType: 'IPv6' })
    expect(told.map(({ url }) => url)).toEqual(['http://[fd00::1]:8080'])
    expect(urls(slice([pod('a.test')], { addressType: 'FQDN' }))).toEqual([])
  })

  it('have the first of their addresses, their zone and the Service’s name', () => {
    const found = endpointsOfSlices(
      [slice([{ addresses: ['10.0.0.1', '10.0.0.2'], zone: 'eu-1a' }, { addresses: [] }])],
      wishes,
    )
    expect(found).toEqual([{ url: 'http://10.0.0.1:8080', host: 'users.shop.svc', zone: 'eu-1a' }])
  })

  it.each([
    ['by name', 'http', 8080],
    ['by number', 9090, 9090],
    ['without a name', '', 7070],
  ])('have the port asked for %s, which may differ from slice to slice', (_how, port, found) => {
    const ports = [HTTP, { name: 'admin', port: 9090 }, { name: '', port: 7070, protocol: null }]
    const list = endpointsOfSlices([slice([pod('10.0.0.1')], { ports }), slice([pod('10.0.0.2')], { ports: [] })], {
      ...wishes,
      port,
    })
    expect(list.map(({ url }) => url)).toEqual([`http://10.0.0.1:${found}`])
  })

  it('have the only TCP port when none is named, and are refused when there is not one', () => {
    const of = (ports: EndpointSlice['ports']) =>
      endpointsOfSlices([slice([pod('10.0.0.1')], { ports })], { ...wishes, port: undefined })
    expect(of([HTTP, { name: 'dns', port: 53, protocol: 'UDP' }])[0]!.url).toBe('http://10.0.0.1:8080')
    expect(() => of([HTTP, { name: 'admin', port: 9090 }])).toThrow(/not one TCP port/)
    expect(() => of(null)).toThrow(/not one TCP port/)
  })

  it('are refused when none has the port, but not while there is none', () => {
    expect(() => urls(slice([pod('10.0.0.1')], { ports: [{ name: 'web', port: 80 }] }))).toThrow(/no TCP port "http"/)
    expect(urls(slice(null, { ports: null }), slice([], { ports: [] }))).toEqual([])
    expect(urls()).toEqual([])
  })
})
