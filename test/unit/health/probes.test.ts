import { createPool, type Endpoint, type HttpProbeOptions, httpProbe, type PoolOptions, tcpProbe } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { eventually, faultyUpstream, sink, upstream } from '../../support/index.js'

const forever = new AbortController().signal

function endpointAt(url: string, options: Partial<PoolOptions> = {}): Endpoint {
  return createPool({ name: 'probed', endpoints: [url], ...options }).endpoints[0]!
}

async function answerTo(reply: string, options?: HttpProbeOptions): Promise<boolean> {
  await using far = await sink(['waitBody', reply])
  return await httpProbe(options)(endpointAt(far.url), forever)
}

const answer = (status: string, body = '', fields = ''): string =>
  `HTTP/1.1 ${status}\r\n${fields}${fields === '' ? '' : '\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`

describe('httpProbe', () => {
  it.each<[string, string, HttpProbeOptions, boolean]>([
    ['200', answer('200 OK'), {}, true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', {}, true],
    ['299', answer('299 Odd'), {}, true],
    ['H-108 301, which is not up', answer('301 Moved'), {}, false],
    ['H-108 304, which is not up', 'HTTP/1.1 304 Not Modified\r\n\r\n', {}, false],
    ['404', answer('404 Not Found'), {}, false],
    ['503', answer('503 Busy'), {}, false],
    ['a listed status', answer('401 No'), { status: [200, 401] }, true],
    ['an unlisted status', answer('204 Ok'), { status: [200] }, false],
    ['a status that a test takes', answer('418 Tea'), { status: (status) => status < 500 }, true],
    ['a body with the text', answer('200 OK', '{"status":"up"}'), { body: '"up"' }, true],
    ['a body without the text', answer('200 OK', '{"status":"down"}'), { body: '"up"' }, false],
    ['a body that matches', answer('200 OK', 'pool: 12 free'), { body: /\d+ free/ }, true],
    ['a body that does not match', answer('200 OK', 'pool: none free'), { body: /\d+ free/ }, false],
    ['a field with the value', answer('200 OK', '', 'X-Ready: yes'), { headers: { 'x-ready': 'yes' } }, true],
    [
      'a field, whatever the case of its name',
      answer('200 OK', '', 'x-ready: yes'),
      { headers: { 'X-Ready': 'yes' } },
      true,
    ],
    [
      'a field with more than the value',
      answer('200 OK', '', 'X-Ready: yes, soon'),
      { headers: { 'x-ready': 'yes' } },
      false,
    ],
    ['a field that matches', answer('200 OK', '', 'X-Load: 12 %'), { headers: { 'x-load': /^\d+ %$/g } }, true],
    ['a field that does not match', answer('200 OK', '', 'X-Load: high'), { headers: { 'x-load': /^\d+ %$/ } }, false],
    ['a field that is missing', answer('200 OK'), { headers: { 'x-ready': /^/ } }, false],
    [
      'a repeated field, as one',
      answer('200 OK', '', 'Set-Cookie: a=1\r\nSet-Cookie: b=2'),
      { headers: { 'set-cookie': 'a=1, b=2' } },
      true,
    ],
    ['one of two fields', answer('200 OK', '', 'X-A: 1'), { headers: { 'x-a': '1', 'x-b': '2' } }, false],
    ['the right field under a wrong status', answer('503 No', '', 'X-A: 1'), { headers: { 'x-a': '1' } }, false],
    ['the right body under a wrong status', answer('500 No', 'ok'), { body: 'ok' }, false],
    ['an empty body where one is expected', answer('200 OK'), { body: 'ok' }, false],
  ])('judges %s', async (_what, reply, options, well) => {
    expect(await answerTo(reply, options)).toBe(well)
  })

  it('judges the same with a global expression every time', async () => {
    await using far = await sink(['waitBody', answer('200 OK', 'ok')])
    const probe = httpProbe({ body: /ok/g })
    const endpoint = endpointAt(far.url)
    for (let round = 0; round < 4; round++) expect(await probe(endpoint, forever)).toBe(true)
  })

  it('asks as told: path below the prefix, method, the endpoint as Host, on a connection of its own', async () => {
    await using far = await sink()
    await httpProbe({ path: '/healthz?deep=1', method: 'HEAD' })(endpointAt(`${far.url}/app`), forever)
    await httpProbe({ host: 'virtual.test' })(endpointAt(far.url), forever)
    expect(far.requests[0]).toMatchObject({ method: 'HEAD', target: '/app/healthz?deep=1' })
    expect(far.connections[0]!.text).toMatch(new RegExp(`\r\nhost: 127.0.0.1:${far.port}\r\n`, 'i'))
    expect(far.connections[0]!.text).toMatch(/\r\nuser-agent: edgewise-probe\r\n/i)
    expect(far.connections[1]!.text).toMatch(/\r\nhost: virtual\.test\r\n/i)
  })

  it('H-108 leaves no connection behind, with a body that it does not want or that never ends', async () => {
    const endless = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n${'x'.repeat(65_536)}\r\n10000\r\n${'y'.repeat(65_536)}\r\n`
    await using far = await sink(['waitBody', endless, 'stall'])
    const endpoint = endpointAt(far.url)
    expect(await httpProbe()(endpoint, forever)).toBe(true)
    expect(await httpProbe({ body: 'x' })(endpoint, forever)).toBe(true)
    expect(await httpProbe({ body: 'z' })(endpoint, forever)).toBe(false)
    await eventually(() => far.openConnections() === 0)
  })

  it.each(['refuse', 'garbage', 'end-at', 'reset-at'] as const)(
    'rejects on an upstream that does: %s',
    async (kind) => {
      await using far = await faultyUpstream(kind, { at: 60 })
      await expect(httpProbe({ body: 'never' })(endpointAt(far.url), forever)).rejects.toThrow()
    },
  )

  it('gives up when told, and lets go of the connection', async () => {
    await using far = await sink(['stall'])
    const abort = new AbortController()
    const asked = httpProbe()(endpointAt(far.url), abort.signal)
    await far.waitForRequests(1)
    abort.abort()
    await expect(asked).rejects.toThrow()
    await eventually(() => far.openConnections() === 0)
  })

  it('H-199 verifies https endpoints as traffic does', async () => {
    const { ca, key, cert } = certificates()
    await using far = await upstream(undefined, { tls: { key, cert } })
    await expect(httpProbe()(endpointAt(far.url), forever)).rejects.toThrow(/certificate/)
    expect(await httpProbe()(endpointAt(far.url, { tls: { ca } }), forever)).toBe(true)
    expect(await httpProbe()(endpointAt(far.url, { tls: { rejectUnauthorized: false } }), forever)).toBe(true)
  })

  it('asks over a Unix socket', async () => {
    const socketPath = `/tmp/edgewise-probe-${process.pid}.sock`
    await using far = await sink(undefined, { socketPath })
    expect(await httpProbe()(endpointAt(`unix:${socketPath}`), forever)).toBe(true)
    expect(await tcpProbe()(endpointAt(`unix:${socketPath}`), forever)).toBe(true)
    expect(far.requests).toHaveLength(1)
  })
})

describe('tcpProbe', () => {
  it('says yes when a connection comes up, asks for no more than an address, and closes', async () => {
    await using far = await sink()
    expect(await tcpProbe()({ hostname: '127.0.0.1', port: far.port }, forever)).toBe(true)
    await eventually(() => far.connections.length === 1 && far.openConnections() === 0)
    expect(far.connections[0]!.bytesReceived).toBe(0)
  })

  it('rejects where nobody listens', async () => {
    await using far = await faultyUpstream('refuse')
    await expect(tcpProbe()({ hostname: '127.0.0.1', port: far.port }, forever)).rejects.toThrow(/ECONNREFUSED/)
  })

  it('gives up when told', async () => {
    await using far = await faultyUpstream('blackhole')
    const abort = new AbortController()
    const asked = tcpProbe()({ hostname: '127.0.0.1', port: far.port }, abort.signal)
    abort.abort()
    expect(await asked).toBe(false)
  })

  it('H-099 finds an endpoint by the lookup of its pool', async () => {
    await using far = await sink()
    const lookup = ((_name: string, _options: object, callback: (...found: unknown[]) => void) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }])) as never
    const endpoint = endpointAt(`http://named.test:${far.port}`, { lookup })
    expect(await tcpProbe()(endpoint, forever)).toBe(true)
    expect(await httpProbe()(endpoint, forever)).toBe(true)
  })
})
