import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createSecureServer } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { EventHub, type Handler, reply, tlsOptions } from 'edgewise'
import { toNode } from 'edgewise/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { eventually, raw } from '../../support/index.js'
import { askOver, secure, servedName, shake } from './secure.js'

const a = certificates({ names: ['a.example'] })
const b = certificates({ names: ['b.example', '*.b.example'] })
const fresh = certificates({ names: ['a.example', 'fresh.example'] })
const strangers = certificates({ names: ['mallory'], authority: 'Somebody else' })
const client = certificates({ names: ['alice', 'alice.example'] })
const both = { ca: a.ca }

describe('certificates by name', () => {
  const options = { certificates: [a, b].map(({ cert, key }) => ({ cert, key })) }

  it.each([
    ['a.example', 'a.example'],
    ['B.Example', 'b.example'],
    ['x.b.example', 'b.example'],
    ['y.x.b.example', 'a.example'],
    ['unknown.example', 'a.example'],
  ])('a client that asks for %s gets the one of %s', async (asked, served) => {
    await using front = await secure(options)
    expect(await servedName(front.port, { servername: asked })).toBe(served)
  })

  it('a client that names nobody gets the first', async () => {
    await using front = await secure(options)
    expect(await servedName(front.port, { servername: '' })).toBe('a.example')
  })

  it('a name that nobody has ends the handshake, where that is wished', async () => {
    await using front = await secure({ ...options, unknownNames: 'refuse' })
    expect(await servedName(front.port, { servername: 'b.example' })).toBe('b.example')
    await expect(servedName(front.port, { servername: 'unknown.example' })).rejects.toThrow()
  })

  it('names of its own win over those in the certificate', async () => {
    await using front = await secure({
      certificates: [a, { cert: b.cert, key: b.key, names: ['other.example'] }].map(({ cert, key, ...rest }) => ({
        cert,
        key,
        ...('names' in rest ? { names: rest.names } : {}),
      })),
    })
    expect(await servedName(front.port, { servername: 'other.example' })).toBe('b.example')
    expect(await servedName(front.port, { servername: 'x.b.example' })).toBe('a.example')
  })
})

describe('hellos that nobody should send', () => {
  const options = { certificates: [a, b].map(({ cert, key }) => ({ cert, key })), unknownNames: 'refuse' } as const
  const record = (length: number): Buffer =>
    Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 255]), Buffer.alloc(length, 1)])

  it.each(['__proto__', 'constructor', 'toString', '.', '..', 'x.y.b.example', 'b.example.', 'x'.repeat(253)])(
    'H-086 the name %s gets no certificate, and harms nobody',
    async (servername) => {
      await using front = await secure(options)
      await expect(servedName(front.port, { servername })).rejects.toThrow()
      expect(await servedName(front.port, { servername: 'b.example' })).toBe('b.example')
    },
  )

  it.each([
    ['a record that is cut', record(512).subarray(0, 100)],
    ['a record of 16 KiB of nothing', record(16_384)],
    ['a record past its limit', record(20_000)],
    ['a request', Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
    ['an alert', Buffer.from([21, 3, 1, 0, 2, 2, 40])],
  ])('H-086 %s ends its connection, and no other', async (_what, bytes) => {
    await using front = await secure(options)
    const open = await shake(front.port, { ...both, servername: 'a.example' })
    expect((await raw(front.port, [bytes, 'end'])).ended).not.toBe('open')
    expect(await askOver(open)).toBe('hello stranger')
    expect(await servedName(front.port, { servername: 'b.example' })).toBe('b.example')
    open.destroy()
  })
})

describe('protocols', () => {
  const options = { certificates: [{ cert: a.cert, key: a.key }] }

  it('below TLS 1.2 there is no handshake, nor with a cipher without forward secrecy', async () => {
    await using front = await secure(options)
    const old = { ...both, servername: 'a.example', ciphers: 'ALL@SECLEVEL=0' } as const
    await expect(shake(front.port, { ...old, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow()
    await expect(shake(front.port, { ...old, maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' })).rejects.toThrow()
    const socket = await shake(front.port, { ...both, servername: 'a.example', maxVersion: 'TLSv1.2' })
    expect(socket.getProtocol()).toBe('TLSv1.2')
    socket.destroy()
  })

  it('fit an HTTP/2 server, spread and added to', async () => {
    const server = createSecureServer({ ...tlsOptions(options), allowHTTP1: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const socket = await shake(port, { ...both, servername: 'a.example', ALPNProtocols: ['h2'] })
    expect(socket.alpnProtocol).toBe('h2')
    socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('certificates of clients', () => {
  const server = { certificates: [{ cert: a.cert, key: a.key }] }
  const alice = { ...both, servername: 'a.example', cert: client.cert, key: client.key }

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('reach the exchange over %s', async (maxVersion) => {
    await using front = await secure({ ...server, clientCertificates: { ca: a.ca } })
    const socket = await shake(front.port, { ...alice, maxVersion })
    expect(await askOver(socket)).toBe('hello alice')
    expect(await askOver(socket)).toBe('hello alice')
    const [first, second] = front.exchanges.map((exchange) => exchange.client.certificate)
    expect(first).toMatchObject({ commonName: 'alice', names: ['DNS:alice', 'DNS:alice.example'] })
    expect(first?.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(second).toBe(first)
    socket.destroy()
  })

  it('are demanded by default: without one, or with one of another authority, nothing is served', async () => {
    await using front = await secure({ ...server, clientCertificates: { ca: a.ca } })
    const { cert, key } = strangers
    for (const identity of [{}, { cert, key }]) {
      const socket = await shake(front.port, { ...both, servername: 'a.example', ...identity })
      socket.on('error', () => {})
      await expect(askOver(socket)).rejects.toThrow()
    }
    expect(front.exchanges).toEqual([])
  })

  it("are asked for, where optional: one of another authority is nobody's", async () => {
    await using front = await secure({ ...server, clientCertificates: { ca: a.ca, mode: 'optional' } })
    const { cert, key } = strangers
    for (const [identity, greeting] of [
      [{}, 'hello stranger'],
      [{ cert, key }, 'hello stranger'],
      [{ cert: client.cert, key: client.key }, 'hello alice'],
    ] as const) {
      const socket = await shake(front.port, { ...both, servername: 'a.example', ...identity })
      expect(await askOver(socket)).toBe(greeting)
      socket.destroy()
    }
  })

  it('reach the exchange over HTTP/2, too', async () => {
    const handler: Handler = async ({ client: { certificate } }) => reply(200, `hello ${certificate?.commonName}`)
    const tls = tlsOptions({ ...server, clientCertificates: { ca: a.ca } })
    const far = createSecureServer({ ...tls, allowHTTP1: true }, toNode(handler))
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
    const session = connect(`https://127.0.0.1:${(far.address() as { port: number }).port}`, alice)
    const stream = session.request({ ':path': '/', ':authority': 'a.example' })
    expect(await text(stream)).toBe('hello alice')
    session.close()
    await new Promise((resolve) => far.close(resolve))
  })

  it('are not asked for otherwise: one that is offered is not looked at', async () => {
    await using front = await secure(server)
    const socket = await shake(front.port, alice)
    expect(await askOver(socket)).toBe('hello stranger')
    socket.destroy()
  })
})

describe('a certificate in files', () => {
  let folder: string
  const path = (name: string): string => join(folder, name)
  const write = async ({ cert, key }: { cert: string; key: string }, into = 'site'): Promise<void> => {
    await writeFile(path(`${into}.pem`), cert)
    await writeFile(path(`${into}.key`), key)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tls-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is read again when it changes; connections that are open go on, also those without a name get the new one', async () => {
    await write(a)
    const events = new EventHub()
    const seen: string[] = []
    events.on('certificate', ({ change }) => seen.push(change))
    await using front = await secure({
      certificates: [{ certFile: path('site.pem'), keyFile: path('site.key') }],
      events,
    })
    const open = await shake(front.port, { ...both, servername: 'a.example' })
    const before = open.getPeerX509Certificate()!.fingerprint256
    await askOver(open)
    await write(fresh)
    await eventually(() => seen.includes('loaded'))
    for (const servername of ['a.example', '']) {
      const next = await shake(front.port, { ...both, servername, rejectUnauthorized: false })
      expect(next.getPeerX509Certificate()!.fingerprint256).not.toBe(before)
      next.destroy()
    }
    expect(await askOver(open)).toBe('hello stranger')
    open.destroy()
  })

  it('that is swapped behind a link is found by looking, where nobody tells', async () => {
    await write(a, 'one')
    await write(fresh, 'two')
    await symlink(path('one.pem'), path('live.pem'))
    await symlink(path('one.key'), path('live.key'))
    const events = new EventHub()
    const seen: string[] = []
    events.on('certificate', ({ change, names }) => seen.push(`${change} ${names.join(' ')}`))
    await using _front = await secure({
      certificates: [{ certFile: path('live.pem'), keyFile: path('live.key') }],
      intervalMs: 20,
      events,
    })
    for (const end of ['pem', 'key']) {
      await symlink(path(`two.${end}`), path(`next.${end}`))
      await rename(path(`next.${end}`), path(`live.${end}`))
    }
    await eventually(() => seen.includes('loaded a.example fresh.example'))
  })

  it('that is missing, broken or does not fit its key leaves the old one, and says why', async () => {
    await write(a)
    const events = new EventHub()
    const seen: { change: string; why: string }[] = []
    events.on('certificate', ({ change, why }) => seen.push({ change, why }))
    await using front = await secure({
      certificates: [{ certFile: path('site.pem'), keyFile: path('site.key') }],
      intervalMs: 60_000,
      events,
    })
    await writeFile(path('site.pem'), a.cert.slice(0, 200))
    await front.tls.reload()
    await writeFile(path('site.pem'), b.cert)
    await front.tls.reload()
    await rm(path('site.pem'))
    await front.tls.reload()
    expect(new Set(seen.map(({ change }) => change))).toEqual(new Set(['kept']))
    expect(seen.some(({ why }) => why.includes('ENOENT'))).toBe(true)
    expect(await servedName(front.port, { servername: 'a.example' })).toBe('a.example')
  })

  it('can be replaced by others at run time', async () => {
    await using front = await secure({ certificates: [{ cert: a.cert, key: a.key }] })
    await front.tls.reload([{ cert: b.cert, key: b.key }])
    expect(await servedName(front.port, { servername: 'anything.example' })).toBe('b.example')
    await expect(async () => front.tls.reload([])).rejects.toThrow(/at least one/)
  })
})
