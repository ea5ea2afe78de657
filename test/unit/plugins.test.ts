import {
  createGateway,
  createPlugins,
  defineFilter,
  definePlugin,
  type Filter,
  requestHeaders,
  requestId,
} from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from './asked.js'
import { ran } from './filters/ran.js'

interface TenantOptions {
  readonly header: string
  readonly tenants?: readonly string[]
}

const tenant = definePlugin({
  name: '@acme/tenant',
  schema: {
    type: 'object',
    properties: { header: { type: 'string' }, tenants: { type: 'array', items: { type: 'string' } } },
    required: ['header'],
    additionalProperties: false,
  },
  create: ({ header }: TenantOptions): Filter => requestHeaders({ set: { [header]: 'acme' } }),
})

describe('plugins', () => {
  it('make filters of data, with their options checked', async () => {
    const data = JSON.parse('{"filters":[{"use":"@acme/tenant","options":{"header":"x-tenant"}},{"use":"requestId"}]}')
    const plugins = createPlugins([tenant, definePlugin({ name: 'requestId', create: requestId })])
    const [first, second] = plugins.filters(data.filters)
    expect((await ran(first!, asked('/'))).passed!.headers['x-tenant']).toBe('acme')
    expect(second!.filterName).toBe('requestId')
    expect(plugins.names).toEqual(['@acme/tenant', 'requestId'])
    expect(plugins.filter(first!)).toBe(first)
  })

  it('start and close with the gateway', async () => {
    const told: string[] = []
    const plugin = definePlugin({
      name: 'clock',
      create: () =>
        defineFilter(
          {
            filterName: 'clock',
            start: async () => void told.push('start'),
            close: async () => void told.push('close'),
          },
          (exchange, next) => next(exchange),
        ),
    })
    const filters = createPlugins([plugin]).filters([{ use: 'clock' }])
    const gateway = createGateway({ filters, routes: [{ path: '/', handler: async () => ({}) as never }] })
    await gateway.ready
    await gateway.close()
    expect(told).toEqual(['start', 'close'])
  })

  it.each([
    [[{ use: 'tenants' }], 'filters.0: option "use" is "tenants"; allowed: @acme/tenant'],
    [[{ use: '@acme/tenant' }], 'plugin "@acme/tenant": option "options"'],
    [[{ use: '@acme/tenant' }], "must have required property 'header'"],
    [[{ use: '@acme/tenant', options: { header: 5 } }], 'option "options.header" is 5; allowed: must be string'],
    [[{ use: '@acme/tenant', options: { header: 'a', tenants: [1] } }], 'options.tenants.0'],
    [[{ use: '@acme/tenant', options: { header: 'a', heder: 1 } }], 'additional properties: "heder"'],
    [[{ use: '@acme/tenant', option: {} }], 'Did you mean "options"'],
    [[{ use: '@acme/tenant', options: { header: 'a b' } }], 'a b'],
    [['@acme/tenant'], 'an object'],
    [{ use: '@acme/tenant' }, 'an array'],
  ])('%j is refused: %s', (entries, message) =>
    expect(() => createPlugins([tenant]).filters(entries as never)).toThrow(message),
  )

  it('H-154 options are data, whatever they are called', () => {
    const entry = JSON.parse('{"use":"@acme/tenant","options":{"header":"a","__proto__":{"polluted":true}}}')
    expect(() => createPlugins([tenant]).filters([entry])).toThrow('__proto__')
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })

  it.each([
    [() => createPlugins([tenant, tenant]), 'each name once'],
    [() => createPlugins([{ name: 'x', schema: { type: 'nothing' }, create: () => null as never }]), 'a JSON Schema'],
    [() => definePlugin({ name: 'a b', create: () => null as never }), 'a name'],
    [() => definePlugin({ name: 'a' } as never), 'a function'],
    [() => createPlugins([{ name: 'x', create: () => 5 as never }]).filters([{ use: 'x' }]), 'what returns a filter'],
  ])('%s is refused: %s', (make, message) => expect(make).toThrow(message))
})
