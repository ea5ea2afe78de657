import { cors, createGateway, csrf, type Filter, forward, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { browserInstalled, upstream, visit, wsEcho } from '../../support/index.js'
import { frameworks } from '../access/frameworks.js'

interface Seen {
  readonly status?: number
  readonly text?: string
  readonly header?: string | null
  readonly error?: string
}

/** Opens a WebSocket, in a page's script. */
const OPEN = `const open = (url) => new Promise((resolve) => {
  const socket = new WebSocket(url.replace('http', 'ws'))
  socket.onopen = () => { socket.close(); resolve('open') }
  socket.onerror = () => resolve('refused')
})`

/** A page of the edge's own. */
const OWN_PAGE = `<!doctype html><script type="module">
  ${OPEN}
  const form = await fetch('/form', { method: 'POST', body: 'a=1' })
  parent.postMessage([form.status, await open(location.origin + '/socket')], '*')
</script>`

/** What a page can make of the edge: each of these as a browser lets it. */
const script = (edge: string): string => `
  ${OPEN}
  const ask = async (path, init) => {
    try {
      const answer = await fetch('${edge}' + path, init)
      return { status: answer.status, text: await answer.text(), header: answer.headers.get('x-total') }
    } catch (error) {
      return { error: error.name }
    }
  }
  const framed = (path) => new Promise((resolve) => {
    const frame = document.createElement('iframe')
    addEventListener('message', ({ data }) => resolve(data))
    frame.src = '${edge}' + path
    document.documentElement.append(frame)
  })
  return {
    simple: await ask('/plain'),
    preflighted: await ask('/plain', { method: 'PUT', headers: { 'x-custom': '1' }, body: 'x' }),
    unlisted: await ask('/plain', { method: 'PURGE' }),
    withCookies: await ask('/plain', { credentials: 'include' }),
    denied: await ask('/denied', { headers: { authorization: 'x' } }),
    failed: await ask('/failed'),
    form: await ask('/form', { method: 'POST', mode: 'no-cors', body: 'a=1' }),
    socket: await open('${edge}/socket'),
    own: await framed('/own'),
  }`

const deny: Filter = async () => reply(401, 'who?')

describe.skipIf(!browserInstalled())('in a real browser (Debian’s chromium)', () => {
  const edgeFor = async (origin: (page: string) => string) => {
    await using far = await upstream((request, response) => {
      // What would let everybody read, were it not replaced.
      response.writeHead(200, { 'x-total': '7', 'access-control-allow-origin': '*' })
      response.end(request.method)
    })
    await using echo = await wsEcho()
    let page = ''
    const gateway = createGateway({
      filters: [cors({ origin: (asking) => asking === origin(page), credentials: true, exposedHeaders: ['X-Total'] })],
      routes: [
        { path: '/plain', handler: forward(far.url) },
        { path: '/denied', filters: [deny], handler: forward(far.url) },
        { path: '/failed', handler: forward('http://127.0.0.1:1') },
        { path: '/own', handler: async () => reply(200, OWN_PAGE, { 'content-type': 'text/html' }) },
        { path: '/form', filters: [csrf()], handler: forward(far.url) },
        { path: '/socket', filters: [csrf()], handler: forward(echo.url.replace('ws', 'http')) },
      ],
    })
    await using app = await frameworks[0]!.listen(gateway)
    await using visited = await visit<Record<string, Seen>>((own) => {
      page = own
      return script(`http://127.0.0.1:${app.port}`)
    })
    const seen = await visited.result
    return { seen, asked: far.requests.map(({ method, url }) => `${method} ${url}`), sockets: echo.requests.length }
  }

  it('H-198 a page that may reads replies, denials and failures; its forms and sockets are those of another origin still', {
    timeout: 60_000,
  }, async () => {
    const { seen, asked, sockets } = await edgeFor((page) => page)
    expect(seen).toEqual({
      simple: { status: 200, text: 'GET', header: '7' },
      preflighted: { status: 200, text: 'PUT', header: '7' },
      unlisted: { error: 'TypeError' },
      withCookies: { status: 200, text: 'GET', header: '7' },
      denied: { status: 401, text: 'who?', header: null },
      failed: { status: 502, text: expect.any(String), header: null },
      form: { status: 0, text: '', header: null },
      socket: 'refused',
      own: [200, 'open'],
    })
    expect(asked).toEqual(['GET /plain', 'PUT /plain', 'GET /plain', 'POST /form'])
    expect(sockets).toBe(1)
  })

  it('H-198 a page that may not reads nothing, and its preflights stop at the edge', { timeout: 60_000 }, async () => {
    const { seen, asked } = await edgeFor((page) => page.replace('127.0.0.1', 'localhost'))
    const none = { error: 'TypeError' }
    const { form, socket, own, ...rest } = seen
    expect(rest).toEqual({
      simple: none,
      preflighted: none,
      unlisted: none,
      withCookies: none,
      denied: none,
      failed: none,
    })
    expect([form?.status, socket, own]).toEqual([0, 'refused', [200, 'open']])
    // What needs no preflight is sent: to refuse it is csrf's.
    expect(asked).toEqual(['GET /plain', 'GET /plain', 'POST /form'])
  })
})
