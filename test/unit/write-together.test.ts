import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdWrites } from '../../src/write-together.js'

const server = createServer((socket) => socket.pipe(socket).on('error', () => {}))
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

async function dial(count: number): Promise<Socket[]> {
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How many have handed everything to the kernel. */
const sent = (sockets: readonly Socket[]): number => sockets.filter(({ writableLength }) => writableLength === 0).length

describe('writes that are held', () => {
  it('leave together when the turn of the event loop ends', async () => {
    const sockets = await dial(3)
    for (const socket of sockets) {
      holdWrites(socket)
      socket.write('a')
      socket.write('b')
    }
    expect(sent(sockets)).toBe(0)
    await turn()
    expect(sent(sockets)).toBe(3)
    for (const socket of sockets) {
      expect(String(await once(socket, 'data'))).toBe('ab')
      socket.destroy()
    }
  })

  it('wait for no more than fifteen others', async () => {
    const sockets = await dial(40)
    for (const [at, socket] of sockets.entries()) {
      holdWrites(socket)
      socket.write('a')
      expect(sent(sockets.slice(0, at + 1))).toBe(at < 16 ? 0 : at < 32 ? 16 : 32)
    }
    await turn()
    expect(sent(sockets)).toBe(40)
    for (const socket of sockets) socket.destroy()
  })

  it('leave at once behind a socket that is held twice, ended or destroyed meanwhile', async () => {
    const [twice, ended, gone, last] = (await dial(4)) as [Socket, Socket, Socket, Socket]
    for (const socket of [twice, twice, ended, gone, last]) {
      holdWrites(socket)
      socket.write('a')
    }
    ended.end('b')
    gone.destroy()
    expect(String(await once(twice, 'data'))).toBe('aa')
    expect(String(await once(ended, 'data'))).toBe('ab')
    expect(String(await once(last, 'data'))).toBe('a')
    for (const socket of [twice, ended, last]) socket.destroy()
  })
})
