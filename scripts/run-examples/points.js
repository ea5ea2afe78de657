// What an example is there to show: each check fails where its example would answer, but not show it.
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { once } from 'node:events'
import http from 'node:http'
import { ask, expectStatus, freePort, json, talk, textOf, until } from './asks.js'
import { start, startRedis } from './start.js'

const TIMES = (count) => Array.from({ length: count }, (_, at) => at)

/** The service has the bytes as they came, Nest's own controller the parsed body; upgrades come through, too. */
export async function nest(address) {
  strictEqual((await expectStatus(200, address, json('{"a":  1}'))).text, '{"a":  1}')
  const own = await expectStatus(201, new URL('/orders', address), json('{"a":  1}'))
  strictEqual(own.text, '{"own":{"a":1}}')
  const { socket, hear, close } = await talk(new URL('/api/echo', address.replace('http', 'ws')))
  socket.send('hello')
  strictEqual(await hear(), 'hello')
  await close()
}

/** A tenth of all clients meets the canary, stays there, and is brought back when it is ill. */
export async function canary(address) {
  const clients = []
  for (const _ of TIMES(300)) {
    const { text, headers } = await expectStatus(200, address)
    clients.push({ text, headers: { cookie: headers.get('set-cookie').split(';')[0] } })
  }
  const few = clients.filter(({ text }) => text === 'canary\n')
  // 30 is the mean; five standard deviations are 26.
  ok(few.length >= 4 && few.length <= 56, `${few.length} of 300 clients met the canary`)
  for (const { text, headers } of clients) strictEqual((await ask(address, { headers })).text, text, 'a client moved')
  await ask(new URL('/break', address))
  const isBack = async ({ headers }) => (await ask(address, { headers })).text === 'stable\n'
  await until(() => isBack(few[0]), 'the canary is ill, and its client still there')
  for (const each of few) ok(await isBack(each), 'a client is still with the ill canary')
}

export async function plans(address) {
  const as = async (name) => {
    const { text } = await expectStatus(200, new URL(`/tokens/${name}`, address))
    return { headers: { authorization: `Bearer ${text}` } }
  }
  ok((await expectStatus(401, address)).headers.has('www-authenticate'))
  await expectStatus(401, address, { headers: { authorization: `${(await as('zeta')).headers.authorization}x` } })
  await expectStatus(403, address, await as('nobody'))
  const zeta = await as('zeta')
  for (const left of [2, 1, 0]) {
    const { headers } = await expectStatus(200, address, zeta)
    match(headers.get('ratelimit'), new RegExp(`r=${left}\\b`))
    match(headers.get('ratelimit-policy'), /q=3\b/)
  }
  ok((await expectStatus(429, address, zeta)).headers.has('retry-after'))
  match((await expectStatus(200, address, await as('acme'))).headers.get('ratelimit-policy'), /q=100\b/)
}

/** Whoever is in a room hears what is said there, in whatever room and whoever came between; and the rooms are on both servers. */
export async function chat(address) {
  const servers = new Set()
  const enter = (room) => talk(new URL(`/rooms/${room}`, address))
  // An odd number, so that turns would part them.
  const rooms = TIMES(15).map((at) => `room-${at}`)
  const first = await Promise.all(rooms.map(enter))
  const second = await Promise.all(rooms.map(enter))
  for (const [at, room] of rooms.entries()) {
    second[at].socket.send(`hello ${room}`)
    const heard = [await first[at].hear(), await second[at].hear()]
    match(heard[0], new RegExp(`^(one|two): hello ${room}$`))
    strictEqual(heard[0], heard[1])
    servers.add(heard[0].split(':')[0])
  }
  deepStrictEqual([...servers].sort(), ['one', 'two'])
  await Promise.all([...first, ...second].map(({ close }) => close()))
}

export async function cached(address) {
  const seen = async () => {
    const { text, headers } = await expectStatus(200, address)
    ok(!headers.has('cache-tag'), 'clients see tags')
    return `${text.trim()}; ${headers.get('cache-status')}`
  }
  match(await seen(), /^asked 1 times; Edgewise; fwd=uri-miss; .*stored/)
  match(await seen(), /^asked 1 times; Edgewise; hit/)
  await expectStatus(204, new URL('/tags/articles', address), { method: 'DELETE' })
  match(await seen(), /^asked 2 times; Edgewise; fwd=uri-miss/)
}

export async function aggregated(address) {
  const { text, headers } = await expectStatus(200, address)
  const { user, orders, offers } = JSON.parse(text)
  deepStrictEqual(
    [user.service, user.path, orders.service, orders.path, offers],
    ['users', '/users/7', 'orders', '/orders?user=7', []],
  )
  strictEqual(headers.get('edge-partial'), 'offers')
}

/** Bytes arrive while others are still to be sent; too many are refused, before any was sent where that can be known. */
export async function uploads(address) {
  const put = (headers = {}) => http.request(address, { method: 'PUT', agent: false, headers })
  const half = Buffer.alloc(250_000)

  const streamed = put()
  streamed.write(half)
  const received = async () => Number((await ask(new URL('/progress', address))).text)
  await until(async () => (await received()) >= half.length, 'the service gets what has been sent')
  streamed.end(half)
  const [whole] = await once(streamed, 'response')
  strictEqual(`${whole.statusCode} ${await textOf(whole)}`, '200 500000 bytes\n')

  const asking = put({ expect: '100-continue', 'content-length': 5_000_000 })
  let told = false
  asking.on('continue', () => {
    told = true
  })
  asking.flushHeaders()
  strictEqual(await statusOf(asking), 413)
  ok(!told, 'was told to go on')

  const unasked = put()
  for (const _ of TIMES(20)) unasked.write(half)
  strictEqual(await statusOf(unasked), 413)
}

async function statusOf(request) {
  const [response] = await once(request, 'response')
  // What is still to be sent finds the connection closed.
  request.on('error', () => {}).destroy()
  return response.statusCode
}

export async function tenants(address) {
  const post = (key) => ({ method: 'POST', headers: { 'x-api-key': key } })
  await expectStatus(401, address)
  for (const key of ['small-key', 'other-key'])
    for (const status of [200, 200, 429]) await expectStatus(status, address, post(key))
  for (const _ of TIMES(8)) await expectStatus(200, address, post('large-key'))
  await expectStatus(429, address, post('large-key'))
}

/** As compose.yaml runs it: two gateways, one limit; and neither is stopped by the loss of Redis. */
export async function composed(address) {
  match((await expectStatus(200, address)).text, /"service":"users"/)
  const port = await freePort()
  await using redis = await startRedis(port)
  await using upstream = await start('examples/compose/upstream.ts')
  const env = { REDIS_URL: `redis://127.0.0.1:${port}`, UPSTREAM_URL: new URL(upstream.address).origin }
  await using one = await start('examples/compose/gateway.ts', env)
  await using two = await start('examples/compose/gateway.ts', env)
  await expectStatus(200, new URL('/readyz', one.address))
  const turns = [one, two].map((gateway) => gateway.address)
  for (const at of TIMES(20)) match((await expectStatus(200, turns[at % 2])).text, / \/users\/1\n$/)
  for (const each of turns) await expectStatus(429, each)
  await redis.stop()
  for (const each of turns) await expectStatus(200, each)
  match((await expectStatus(200, one.lines[1])).text, /^edgewise_requests_total\{.*code="429"\} 1$/m)
  for (const each of [one, two, upstream]) strictEqual(await each.stop(), undefined)
}
