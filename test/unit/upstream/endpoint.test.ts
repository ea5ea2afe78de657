import { createPool, type Endpoint, type EndpointOptions, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'

function endpointOf(input: string | URL | EndpointOptions): Endpoint {
  return createPool({ name: 'test', endpoints: [input] }).endpoints[0]!
}

describe('an endpoint', () => {
  it.each<[string, Partial<Endpoint>]>([
    [
      'http://10.0.0.1:3000',
      { protocol: 'http', hostname: '10.0.0.1', port: 3000, host: '10.0.0.1:3000', servername: '' },
    ],
    ['http://10.0.0.1', { port: 80, host: '10.0.0.1', pathPrefix: '', name: 'http://10.0.0.1' }],
    ['https://api.test', { protocol: 'https', port: 443, host: 'api.test', servername: 'api.test' }],
    ['https://api.test:8443/v2/', { port: 8443, pathPrefix: '/v2', name: 'https://api.test:8443/v2' }],
    ['http://[::1]:3000', { hostname: '::1', port: 3000, host: '[::1]:3000', servername: '' }],
    ['http://API.Test/a%7Eb', { hostname: 'api.test', pathPrefix: '/a~b' }],
    ['unix:/run/app.sock', { protocol: 'unix', socketPath: '/run/app.sock', host: 'localhost', pathPrefix: '' }],
    ['unix:/run/app.sock:/pre/fix', { socketPath: '/run/app.sock', pathPrefix: '/pre/fix' }],
  ])('reads %s', (url, expected) => {
    expect(endpointOf(url)).toMatchObject(expected)
    expect(endpointOf({ url })).toMatchObject(expected)
  })

  it('takes a URL object, a name and a weight', () => {
    expect(endpointOf(new URL('http://a.test/x'))).toMatchObject({ name: 'http://a.test/x', weight: 1 })
    expect(endpointOf({ url: 'http://a.test', name: 'left', weight: 0 })).toMatchObject({ name: 'left', weight: 0 })
  })

  it('may be a handler in this process', () => {
    async function answer() {
      return reply(200)
    }
    expect(endpointOf({ handler: answer })).toMatchObject({ protocol: 'local', name: 'answer', handler: answer })
  })

  it.each([
    ['ftp://a.test', /http:, https:, unix: or tcp:/],
    ['a.test:3000', /http:, https:, unix: or tcp:/],
    ['//a.test', /a URL like/],
    ['/path', /a URL like/],
    ['', /a URL like/],
    ['http://', /a URL like/],
    ['http://a.test:99999', /a URL like/],
    ['http://a.test:0', /a port/],
    ['http://user:secret@a.test', /without user information/],
    ['http://a.test/?x=1', /without query/],
    ['http://a.test/?', /without query/],
    ['http://a.test/#x', /without query or fragment/],
    ['http://a.test/a/..%2f', /plain path/],
    ['unix:run/app.sock', /absolute path/],
    ['unix:', /absolute path/],
  ])('refuses %s, and says what is allowed', (url, allowed) => {
    expect(() => endpointOf(url)).toThrow(allowed)
    expect(() => endpointOf(url)).toThrow(expect.objectContaining({ code: 'ERR_EDGE_OPTION' }))
  })

  it('keeps credentials out of the message', () => {
    expect(() => endpointOf('http://user:secret@a.test')).toThrow(/^(?!.*secret)/)
  })

  it.each([
    [{ url: 'http://a.test', weight: -1 }, /weight.*0 to 65535/],
    [{ url: 'http://a.test', weight: 1.5 }, /weight/],
    [{ url: 'http://a.test', wieght: 1 } as EndpointOptions, /Did you mean "weight"/],
    [{}, /either a url or a handler/],
    [{ url: 'http://a.test', handler: async () => reply(200) }, /either a url or a handler/],
  ])('refuses %j', (options, allowed) => {
    expect(() => endpointOf(options)).toThrow(allowed)
  })

  it('refuses two of one name in a pool', () => {
    const endpoints = ['http://a.test', 'http://a.test/']
    expect(() => createPool({ name: 'test', endpoints })).toThrow(/different names/)
  })
})
