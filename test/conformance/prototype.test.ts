import { requestId } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, pairOver, transports } from './forwarded-front.js'

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
const TARGET = '/__proto__/constructor?__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__.polluted=1'
const COOKIE = '__proto__=1; constructor=2'
const BODY = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'

describe.each(transports)('names that JavaScript knows, over %s', (_, transport) => {
  it('H-154 are fields, parameters, cookies and members like any other, on the way there and back', async () => {
    const reply = NAMES.map((name) => `${name}: said ${name}\r\n`).join('')
    await using pair = await pairOver(transport(), { gateway: { filters: [requestId()] } }, [
      `HTTP/1.1 200 OK\r\n${reply}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    ])
    const lines = [...NAMES.map((name) => `${name}: asked ${name}`), `Cookie: ${COOKIE}`]
    const got = await ask(pair.front.port, lines, `GET ${TARGET}`)
    const sent = pair.far.requests[0]!
    for (const name of NAMES) {
      expect([sent.header(name), got.header(name)]).toEqual([`asked ${name}`, `said ${name}`])
    }
    expect([sent.target, sent.header('cookie'), got.body.toString()]).toEqual([TARGET, COOKIE, BODY])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
