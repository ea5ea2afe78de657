import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  anyOf,
  attachUpgrade,
  basicAuth,
  clientCertificate,
  createGateway,
  type Filter,
  forward,
  tlsOptions,
} from 'edgewise'
import { toNode } from 'edgewise/node'
import { expect, it } from 'vitest'
import { certificates, UpgradeDenied, upstream, wsConnect, wsEcho } from '../../support/index.js'
import { shake } from '../tls/secure.js'

const server = certificates({ names: ['a.example'] })
const alice = certificates({ names: ['alice'] })
const bob = certificates({ names: ['bob'] })
const mallory = certificates({ names: ['alice'], authority: 'Somebody else' })

/** A server that asks for certificates and demands none. */
async function asking(filter: Filter, url: string) {
  const tls = tlsOptions({
    certificates: [{ cert: server.cert, key: server.key }],
    clientCertificates: { ca: server.ca, mode: 'optional' },
  })
  const gateway = createGateway({
    routes: [{ path: '/**', filters: [filter], handler: forward(url.replace('ws:', 'http:')) }],
  })
  const listener = toNode(gateway)
  const listening = createServer(tls, listener)
  attachUpgrade(listening, listener)
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return {
    port: (listening.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      tls.close()
      listening.closeAllConnections()
      await gateway.close({ graceMs: 0 })
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}

const identity = (of: typeof alice | null) => ({
  ca: server.ca,
  servername: 'a.example',
  ...(of === null ? {} : { cert: of.cert, key: of.key }),
})

async function statusFor(port: number, of: typeof alice | null, fields = ''): Promise<number> {
  const socket = await shake(port, identity(of))
  socket.write(`GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${fields}\r\n`)
  let text = ''
  for await (const part of socket) text += String(part)
  return Number(text.slice(9, 12))
}

it('H-134 a certificate tells who asks; who has none, another’s, or says so in a field, gets 403', async () => {
  await using far = await upstream()
  const rule = clientCertificate({ commonNames: ['alice'], identityHeaders: { 'x-user': 'id' } })
  await using front = await asking(rule, far.url)
  const claims = 'X-User: alice\r\nX-SSL-Client-Cert: alice\r\nX-Forwarded-Client-Cert: Subject="CN=alice"\r\n'
  expect(await statusFor(front.port, alice, 'X-User: bob\r\n')).toBe(200)
  expect(far.requests[0]?.headers['x-user']).toBe('alice')
  for (const other of [null, bob, mallory]) expect(await statusFor(front.port, other, claims)).toBe(403)
  expect(far.hits).toBe(1)
})

it('a certificate or a password will do, where either may', async () => {
  await using far = await upstream()
  await using front = await asking(anyOf(clientCertificate(), basicAuth({ users: { ada: 'x' } })), far.url)
  const statuses = await Promise.all([
    statusFor(front.port, alice),
    statusFor(front.port, null, 'Authorization: Basic YWRhOng=\r\n'),
    statusFor(front.port, null),
  ])
  expect(statuses).toEqual([200, 200, 401])
})

it('H-134 a certificate guards WebSockets alike', async () => {
  await using far = await wsEcho()
  await using front = await asking(clientCertificate({ commonNames: ['alice'] }), far.url)
  const open = (of: typeof alice) => wsConnect(`wss://127.0.0.1:${front.port}/`, identity(of))
  const socket = await open(alice)
  socket.terminate()
  await expect(open(bob)).rejects.toSatisfy((error) => error instanceof UpgradeDenied && error.status === 403)
})
