import { undici } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { sink } from '../support/index.js'
import { subject } from './far-side.js'
import { ask, expectFailure, gatewayOver } from './gateway-over.js'
import { transportContract } from './transport-contract.js'

describe('undici', () => transportContract(subject('undici')))

describe("undici({ unknownTransferCoding: 'pass' })", () => {
  const reply = async (head: string, body: string, end: 'end' | 'reset' = 'end') => {
    await using far = await sink(['waitBody', `HTTP/1.1 200 OK\r\n${head}\r\n${body}`, 20, end])
    await using gateway = await gatewayOver(undici({ unknownTransferCoding: 'pass' }), far.url)
    return await ask(gateway.port)
  }

  it("H-105 reads a coding that nobody knows to the connection's end, and frames it anew", async () => {
    const answer = await reply('Transfer-Encoding: xyzzy\r\n', 'as it comes')
    expect([answer.status, answer.complete, answer.body.toString()]).toEqual([200, true, 'as it comes'])
    expect(answer.header('transfer-encoding')).toBe('chunked')
  })

  it('H-090 H-105 never makes a whole reply of one whose connection broke', async () => {
    expect((await reply('Transfer-Encoding: xyzzy\r\n', 'as it', 'reset')).complete).toBe(false)
  })

  it.each([
    ['next to a length', 'Transfer-Encoding: xyzzy\r\nContent-Length: 2\r\n'],
    ['twice', 'Transfer-Encoding: xyzzy\r\nTransfer-Encoding: xyzzy\r\n'],
    ['under chunked', 'Transfer-Encoding: xyzzy, chunked\r\n'],
    ['over chunked', 'Transfer-Encoding: chunked, xyzzy\r\n'],
  ])('H-105 still refuses one %s', async (_, head) => {
    expectFailure(await reply(head, '2\r\nok\r\n0\r\n\r\n'), 502, 'ERR_EDGE_BAD_REPLY')
  })
})
