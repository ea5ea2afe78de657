import { adminApi, createGateway, createPool, EventHub, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { browserInstalled, visit } from '../../support/index.js'
import { frameworks } from '../access/frameworks.js'

const drain = (endpoint: string): string => JSON.stringify({ pool: 'users', endpoint, action: 'drain' })

/** A page of the edge's own, which an operator uses. */
const OWN_PAGE = `<!doctype html><script type="module">
  const send = async (type) => (await fetch('/admin/actions', {
    method: 'POST', headers: { 'content-type': type }, body: ${JSON.stringify(drain('own'))},
  })).status
  const seen = await fetch('/admin/pools')
  parent.postMessage([seen.status, await send('text/plain'), await send('application/json')], '*')
</script>`

/** All that a page of another origin can make a browser send, and what it hears of that. */
const script = (edges: readonly string[]): string => `
  const told = {}
  const attempt = async (name, run) => {
    try {
      const answer = await run()
      told[name] = answer?.type ?? answer ?? 'sent'
    } catch (error) {
      told[name] = error.name
    }
  }
  const framed = (make) => new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.name = 'frame' + Math.random()
    document.documentElement.append(frame)
    make(frame, resolve)
  })
  const submit = (action, enctype, fields) => framed((frame, resolve) => {
    const form = document.createElement('form')
    Object.assign(form, { method: 'POST', action, enctype, target: frame.name })
    for (const [name, value] of fields) form.append(Object.assign(document.createElement('input'), { name, value }))
    document.documentElement.append(form)
    frame.onload = () => resolve('sent')
    form.submit()
  })
  const body = ${JSON.stringify(drain('victim'))}
  const json = { 'content-type': 'application/json' }
  for (const edge of ${JSON.stringify(edges)}) {
    const at = edge + '/admin/actions'
    const path = edge + '/admin/pools/users/endpoints/victim/drain'
    await attempt(edge + ' form', () => submit(at, 'text/plain', [[body.slice(0, -1) + ',"x":"', '"}']]))
    await attempt(edge + ' form to a path', () => submit(path, 'application/x-www-form-urlencoded', []))
    await attempt(edge + ' no-cors', () => fetch(at, { method: 'POST', mode: 'no-cors', credentials: 'include', body }))
    await attempt(edge + ' no-cors json', () => fetch(at, { method: 'POST', mode: 'no-cors', headers: json, body }))
    await attempt(edge + ' text', () => fetch(at, { method: 'POST', body }))
    await attempt(edge + ' json', () => fetch(at, { method: 'POST', headers: json, body }))
    await attempt(edge + ' own field', () => fetch(path, { method: 'POST', headers: { 'x-edgewise-admin': '1' } }))
    await attempt(edge + ' put', () => fetch(path.replace('drain', 'weight'), { method: 'PUT', headers: json, body: '{"weight":0}' }))
    await attempt(edge + ' delete', () => fetch(path.replace('/drain', ''), { method: 'DELETE' }))
    await attempt(edge + ' beacon', () => navigator.sendBeacon(path, new Blob([body], { type: 'text/plain' })) && 'sent')
    await attempt(edge + ' read', () => fetch(edge + '/admin/pools', { credentials: 'include' }))
    await attempt(edge + ' navigate', () => framed((frame, resolve) => { frame.onload = () => resolve('sent'); frame.src = path }))
  }
  const own = await framed((frame, resolve) => {
    addEventListener('message', ({ data }) => resolve(data))
    frame.src = '${edges[0]}/page'
  })
  return { told, own }`

describe.skipIf(!browserInstalled())('in a real browser (Debian’s chromium)', () => {
  it('a page of another origin, and of another site, can’t act where everybody on the network may; an own page can', {
    timeout: 60_000,
  }, async () => {
    const events = new EventHub()
    const actions: string[] = []
    events.on('admin', ({ action, subject, result }) => actions.push(`${action} ${subject} ${result}`))
    const denied: string[] = []
    events.on('denied', ({ exchange, status }) => denied.push(`${exchange.method} ${status}`))
    const endpoints = ['victim', 'own'].map((name) => ({ name, url: `http://${name}.test` }))
    const pool = createPool({ name: 'users', endpoints, events })
    // The worst that an operator can do: whoever is in the right place may.
    const admin = adminApi({ authorize: ({ client }) => client.address === '127.0.0.1', pools: [pool], events })
    const gateway = createGateway({
      events,
      routes: [
        { path: '/admin/**', handler: admin },
        { path: '/page', handler: async () => reply(200, OWN_PAGE, { 'content-type': 'text/html' }) },
      ],
    })
    await using app = await frameworks[0]!.listen(gateway)
    // A site has no port: 127.0.0.1 is the page's own, and localhost is another.
    const edges = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${app.port}`)
    await using visited = await visit<{ told: Record<string, string>; own: unknown }>(() => script(edges))
    const { told, own } = await visited.result
    const [victim, mine] = pool.endpoints
    expect([victim!.mode, victim!.weight, pool.endpoints.length, mine!.mode]).toEqual(['ready', 1, 2, 'drain'])
    expect(own).toEqual([200, 415, 200])
    expect(actions).toEqual(['drain users own done'])
    const outcomes = ['sent', 'sent', 'opaque', 'opaque', ...Array(5).fill('TypeError'), 'sent', 'TypeError', 'sent']
    expect(Object.values(told)).toEqual([...outcomes, ...outcomes])
    // Two forms, two of no-cors, a plain text and a beacon that came without asking first, and four that asked.
    const refused = [...Array(6).fill('POST 403'), ...Array(4).fill('OPTIONS 403')]
    expect(denied.toSorted()).toEqual([...refused, ...refused, 'POST 415'].toSorted())
    await pool.close()
  })
})
