// What most examples are asked, and words for what the others are.
import { strictEqual } from 'node:assert'
import { on, once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

export async function freePort() {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** One request; the reply with its text. */
export async function ask(url, options = {}) {
  const reply = await fetch(url, { signal: AbortSignal.timeout(10_000), ...options })
  return { status: reply.status, headers: reply.headers, text: await reply.text() }
}

/** One request that must have this status. */
export async function expectStatus(status, url, options) {
  const reply = await ask(url, options)
  strictEqual(reply.status, status, `${options?.method ?? 'GET'} ${url} said ${reply.status} ${reply.text}`)
  return reply
}

/** Asks again until it is so. */
export async function until(isSo, what) {
  for (const giveUp = performance.now() + 10_000; !(await isSo()); await sleep(50))
    if (performance.now() > giveUp) throw new Error(`waited in vain: ${what}`)
}

export const json = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body })

export function says(word, field) {
  return async (address) => {
    const { text, headers } = await expectStatus(200, address)
    if (!text.includes(word)) throw new Error(`${address} said ${text}`)
    if (field !== undefined && !headers.has(field)) throw new Error(`${address} sent no ${field}`)
  }
}

/** Is told who may ask, and answers who shows a credential. */
export function knows(word, headers) {
  return async (address) => {
    const refused = await expectStatus(401, address)
    if (!refused.headers.has('www-authenticate')) throw new Error(`${address} asked nobody for a credential`)
    const { text } = await expectStatus(200, address, { method: 'POST', headers })
    if (!text.includes(word)) throw new Error(`${address} said ${text}`)
  }
}

/** Asks by HTTP/2 and by HTTP/1.1 on the same port; nobody trusts an example's certificate. */
export function speaksBoth(word) {
  return async (address) => {
    const session = http2.connect(address, { rejectUnauthorized: false })
    const stream = session.request({ ':path': new URL(address).pathname })
    const [second] = await Promise.all([textOf(stream), once(stream, 'response')])
    session.close()
    const [response] = await once(https.get(address, { rejectUnauthorized: false, agent: false }), 'response')
    for (const text of [second, await textOf(response)])
      if (!text.includes(word)) throw new Error(`${address} said ${text}`)
  }
}

export async function textOf(stream) {
  let text = ''
  for await (const part of stream.setEncoding('utf8')) text += part
  return text
}

/** A WebSocket that is open, and what it is told, in order, also before anybody has asked for it. */
export async function talk(address) {
  const socket = new WebSocket(address)
  const heard = on(socket, 'message', { close: ['close'] })
  await once(socket, 'open')
  return {
    socket,
    async hear() {
      const { value, done } = await heard.next()
      if (done) throw new Error(`${address} was closed with nothing said`)
      return String(value[0])
    },
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

export async function echoes(address) {
  const { socket, hear, close } = await talk(address)
  socket.send('hello')
  strictEqual(await hear(), 'hello')
  await close()
  const refused = new WebSocket(address.replace('?ticket=1', ''))
  const [error] = await once(refused, 'error')
  if (!error.message.includes('403')) throw new Error(`without a ticket: ${error.message}`)
}
