import { describe, expect, it } from 'vitest'
import { AddressTable } from '../../../../src/observing/admin/address-table.js'
import type { Operation } from '../../../../src/observing/admin/operation.js'

const operation = (line: string): Operation => {
  const [method, path] = line.split(' ') as [Operation['method'], string]
  return { method, path, name: line, summary: '', run: () => ({ json: {} }) }
}

const table = new AddressTable(
  [
    'GET /pools/{pool}/endpoints/{endpoint}',
    'DELETE /pools/{pool}/endpoints/{endpoint}',
    'GET /pools/{pool}',
    'GET /',
    'POST /pools/{pool}/endpoints',
    'POST /pools/{pool}/endpoints/{endpoint}/drain',
    'GET /pools',
  ].map(operation),
)

const found = (path: string): unknown => {
  const address = table.find(path)
  return address === null
    ? null
    : [...[...address.operations.values()].map(({ name }) => name.split(' ')[1]), address.names]
}

describe('the table of addresses', () => {
  it.each<[string, unknown]>([
    ['/', ['/', {}]],
    ['/pools', ['/pools', {}]],
    ['/pools/', ['/pools', {}]],
    ['/pool', null],
    ['/poolsx', null],
    ['/Pools', null],
    ['/pools/users', ['/pools/{pool}', { pool: 'users' }]],
    ['/pools/users/', ['/pools/{pool}', { pool: 'users' }]],
    ['/pools/team/users', ['/pools/{pool}', { pool: 'team/users' }]],
    ['/pools/users/endpoints', ['/pools/{pool}/endpoints', { pool: 'users' }]],
    ['/pools/team/users/endpoints/', ['/pools/{pool}/endpoints', { pool: 'team/users' }]],
  ])('finds %s', (path, expected) => expect(found(path)).toEqual(expected))

  it.each([
    ['a', 'a'],
    ['http:/10.0.0.1:3000', 'http:/10.0.0.1:3000'],
    ['http:%2F%2F10.0.0.1:3000', 'http://10.0.0.1:3000'],
    ['unix:/run/app.sock:/v1', 'unix:/run/app.sock:/v1'],
    ['http:/%5B::1%5D:3000', 'http:/[::1]:3000'],
    ['100%25', '100%'],
    ['a%252Fb', 'a%2Fb'],
    ['caf%C3%A9%20%3F%23', 'café ?#'],
    ['a/endpoints/b', 'a/endpoints/b'],
    ['drain', 'drain'],
  ])('decodes the name %s once, with an action behind it and without', (path, endpoint) => {
    const names = { pool: 'users', endpoint }
    expect(found(`/pools/users/endpoints/${path}`)).toEqual([
      ...['/pools/{pool}/endpoints/{endpoint}', '/pools/{pool}/endpoints/{endpoint}'],
      names,
    ])
    expect(found(`/pools/users/endpoints/${path}/drain`)).toEqual(['/pools/{pool}/endpoints/{endpoint}/drain', names])
  })

  it('takes the last word for the action', () => {
    const drain = '/pools/{pool}/endpoints/{endpoint}/drain'
    const at = '/pools/users/endpoints/http:/h/drain'
    expect(found(at)).toEqual([drain, { pool: 'users', endpoint: 'http:/h' }])
    expect(found(`${at}/drain`)).toEqual([drain, { pool: 'users', endpoint: 'http:/h/drain' }])
  })

  it('H-150 takes time in proportion to the path', () => {
    const path = `/pools/${'endpoints/'.repeat(200_000)}x`
    const began = performance.now()
    expect(table.find(path)).not.toBeNull()
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
