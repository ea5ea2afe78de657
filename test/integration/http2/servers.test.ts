import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Handler, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import {
  answerOf,
  certificates,
  eventually,
  h2Client,
  h2WebSocket,
  rawOpen,
  sink,
  upstream,
  wsEcho,
} from '../../support/index.js'
import { http2Front } from './front.js'

describe('one TLS server for both versions (allowHTTP1)', () => {
  it('serves HTTP/2 to who speaks it, HTTP/1.1 to the others, and tells the upstream https of both', async () => {
    await using far = await upstream()
    await using front = await http2Front(far.url, { serves: 'tls' })
    const { ca } = certificates()
    await using client = h2Client(front.port, { ca })
    const second = await client.ask('/x', { method: 'POST', body: 'two' })
    const first = await new Promise<string>((resolve, reject) => {
      const request = https.request({
        host: '127.0.0.1',
        port: front.port,
        path: '/x',
        ca,
        agent: false,
        method: 'POST',
      })
      request.on('error', reject).on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve(text))
      })
      request.end('one')
    })
    expect(JSON.parse(second.body)).toMatchObject({ body: 'two', headers: { 'x-forwarded-proto': 'https' } })
    expect(JSON.parse(first)).toMatchObject({ body: 'one', headers: { 'x-forwarded-proto': 'https' } })
    expect(JSON.parse(second.body).headers.via).toMatch(/^2\.0 /)
    expect(JSON.parse(first).headers.via).toMatch(/^1\.1 /)
  })

  it('carries WebSockets over both', async () => {
    await using far = await wsEcho()
    await using front = await http2Front(far.url.replace('ws', 'http'), { serves: 'tls' })
    const { ca } = certificates()
    await using client = h2Client(front.port, { ca })
    const sockets = [
      await h2WebSocket(client.session, '/h2', { ':scheme': 'https' }),
      new WebSocket(`wss://127.0.0.1:${front.port}/h1`, { ca }),
    ]
    await new Promise((resolve) => sockets[1]!.once('open', resolve))
    for (const socket of sockets) {
      const heard = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
      socket.send('hello')
      expect(await heard).toBe('hello')
      socket.close()
    }
    expect(far.requests.map(({ url }) => url)).toEqual(['/h2', '/h1'])
    await front.atRest()
  })
})

describe('a server on a Unix socket', () => {
  it.each(['h1', 'h2c'] as const)('serves %s: its client has no address, and all else is as ever', async (serves) => {
    const folder = await mkdtemp(join(tmpdir(), 'edgewise-socket-'))
    try {
      await using far = await upstream()
      const addresses: string[] = []
      const path = join(folder, 'door')
      await using front = await http2Front(far.url, {
        serves,
        path,
        gateway: {
          filters: [
            (exchange, next) => {
              addresses.push(exchange.client.address)
              return next(exchange)
            },
          ],
        },
      })
      const body = serves === 'h1' ? await askHttp1(path) : await askHttp2(path)
      const { headers, url } = JSON.parse(body)
      expect([url, headers['x-forwarded-host']]).toEqual(['/x?y', 'a.test'])
      expect(headers['x-forwarded-for']).toBeUndefined()
      expect(addresses).toEqual([''])
      await front.atRest()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

function askHttp1(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, path: '/x?y', headers: { host: 'a.test' }, agent: false })
    request.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    request.end()
  })
}

async function askHttp2(path: string): Promise<string> {
  const { connect } = await import('node:net')
  const session = http2.connect('http://a.test', { createConnection: () => connect(path) })
  try {
    return (await answerOf(session.request({ ':path': '/x?y', ':authority': 'a.test' }))).body
  } finally {
    session.destroy()
  }
}

describe('Early Hints', () => {
  it.each(['h1', 'h2c'] as const)('H-023 lose a field that would be read as two (%s)', async (serves) => {
    const handler: Handler = async (exchange) => {
      exchange.inform(103, {
        link: '</a.css>; rel=preload',
        'x-good': '1',
        'x-split': 'a\r\nx-evil: 1',
        'x-null': 'a\0x-evil\x001',
      })
      return reply(200, 'ok')
    }
    await using front = await http2Front('http://127.0.0.1:1', {
      serves,
      gateway: { routes: [{ path: '/**', handler }] },
    })
    if (serves === 'h1') {
      await using client = await rawOpen(front.port)
      await client.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      await client.waitFor('\r\n\r\nok')
      expect(client.text).toMatch(
        /^HTTP\/1\.1 103 .*\r\nLink: <\/a\.css>; rel=preload\r\nx-good: 1\r\n\r\nHTTP\/1\.1 200 /,
      )
    } else {
      await using client = h2Client(front.port)
      expect((await client.ask('/x')).interim).toEqual([
        { ':status': 103, link: '</a.css>; rel=preload', 'x-good': '1' },
      ])
    }
  })

  const links = ['</a.css>; rel=preload; as=style', '</b,c.js>; rel=preload; as=script']

  it.each([
    { how: 'one line', lines: `Link: ${links.join(', ')}\r\n` },
    { how: 'a line each', lines: links.map((link) => `Link: ${link}\r\n`).join('') },
  ])('H-067 pass over HTTP/1.1, several links as well ($how)', async ({ lines }) => {
    await using far = await sink([
      'waitBody',
      `HTTP/1.1 103 Early Hints\r\n${lines}\r\n`,
      20,
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ])
    await using front = await http2Front(far.url, { serves: 'h1' })
    await using client = await rawOpen(front.port)
    await client.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await client.waitFor('\r\n\r\nok')
    expect(client.text).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style, <\/b,c\.js>; /)
    expect(client.text).toContain('HTTP/1.1 200 OK')
  })

  it.each(['h1', 'h2c'] as const)(
    'H-067 a hint that can’t be passed on (%s) is lost, and nothing else',
    async (serves) => {
      await using far = await sink([
        'waitBody',
        'HTTP/1.1 103 Early Hints\r\nLink: nonsense; a=b"\r\n\r\n',
        20,
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ])
      await using front = await http2Front(far.url, { serves })
      if (serves === 'h1') {
        await using client = await rawOpen(front.port)
        await client.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        await client.waitFor('\r\n\r\nok')
        expect(client.text).not.toContain('103')
      } else {
        await using client = h2Client(front.port)
        expect((await client.ask('/x')).body).toBe('ok')
      }
      await eventually(() => front.outcomes[0]?.error === null)
    },
  )
})
