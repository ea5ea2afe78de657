// The questions of docs/questions.md, as they are answered.
import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { once } from 'node:events'
import { ask, expectStatus, json, talk, until } from './asks.js'

/** The bytes arrive as they were, or there is an error at once: nothing hangs. */
export async function bodyParser(address) {
  const odd = '{"a":  1}'
  const at = (path) => new URL(path, address)
  for (const path of ['/front/orders', '/kept/orders'])
    strictEqual((await expectStatus(200, at(path), json(odd))).text, odd)
  strictEqual((await expectStatus(200, at('/front/x'), { method: 'POST', body: 'a=1&a=2' })).text, 'a=1&a=2')
  match((await expectStatus(500, at('/lost/orders'), json(odd))).text, /ERR_EDGE_BODY_CONSUMED/)
  strictEqual((await expectStatus(200, at('/own'), json(odd))).text, '{"own":{"a":1}}')
}

/** The first that the server sees is the handshake, and the service's death is the client's matter alone. */
export async function websocketUpgrade(address) {
  for (const _ of ['before it dies', 'and after']) {
    const { socket, hear } = await talk(address)
    strictEqual(await hear(), '/room')
    socket.send('hello')
    strictEqual(await hear(), 'hello')
    socket.send('die')
    strictEqual((await once(socket, 'close'))[0], 1006)
  }
}

export async function pathUnderMount(address) {
  const got = []
  for (const path of ['/api/users?page=2', '/kept/users', '/moved/users', '/v1/users'])
    got.push((await expectStatus(200, new URL(path, address))).text.trim())
  deepStrictEqual(got, ['/api /users?page=2', '/kept /kept/users', '/moved /people', '/v1 /version/1/users'])
}

/** Each limit ends what it is for, and the error says which. */
export async function timeouts(address, { stderr }) {
  const took = async (path, question) => {
    const began = performance.now()
    await question(new URL(path, address))
    return performance.now() - began
  }
  const late = await took('/hangs', async (url) =>
    match((await expectStatus(504, url)).text, /ERR_EDGE_FIRST_BYTE_TIMEOUT/),
  )
  const idle = await took('/stops', (url) => rejects(ask(url), /terminated/))
  const total = await took('/drips', (url) => rejects(ask(url), /terminated/))
  ok(late >= 490 && idle >= 490 && total >= 1_490, `took ${[late, idle, total]} ms`)
  const told = ['/hangs ERR_EDGE_FIRST_BYTE_TIMEOUT', '/stops ERR_EDGE_IDLE_TIMEOUT', '/drips ERR_EDGE_TOTAL_TIMEOUT']
  // The client may see the end before the example has told it.
  await until(() => stderr().trim().split('\n').length >= told.length, 'an error is told')
  deepStrictEqual(stderr().trim().split('\n'), told)
}

/** No request is lost to the one that is down, also none that may not be sent twice. */
export async function severalTargets(address, { stderr }) {
  const names = new Set()
  for (let at = 0; at < 30; at++) {
    const { text } = await expectStatus(200, address, { method: 'POST', body: 'an order' })
    names.add(JSON.parse(text).service)
  }
  deepStrictEqual([...names].sort(), ['one', 'two'])
  await until(() => /^down: down, /m.test(stderr()), 'the endpoint that is down is told of')
}
