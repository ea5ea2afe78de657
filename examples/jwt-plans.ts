// Tokens, consumers and plans: the token says who asks, the list which plan that is, the plan how often. Try it:
//   curl -i http://127.0.0.1:3000/reports
//   TOKEN=$(curl -s http://127.0.0.1:3000/tokens/zeta)
//   for i in 1 2 3 4; do curl -i -H "authorization: Bearer $TOKEN" http://127.0.0.1:3000/reports; done
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { consumers, createGateway, forward, type Handler, jwt, planLimits, reply } from 'edgewise'
import { toNode } from 'edgewise/node'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { startService } from './support/service.js'

// In place of an issuer, whose keys `jwksUri` would fetch, and of its log-in: here everybody gets a token for any name.
const { publicKey, privateKey } = await generateKeyPair('ES256')
const [iss, aud] = ['https://login.example', 'https://api.example']
const issue: Handler = async ({ params }) => {
  const token = new SignJWT({ iss, aud, sub: params['name']! }).setProtectedHeader({ alg: 'ES256' })
  return reply(200, await token.setExpirationTime('1h').sign(privateKey))
}

const known = consumers({
  list: [
    { id: 'acme', plan: 'pro' },
    { id: 'zeta', plan: 'free' },
  ],
})
const perMinute = (limit: number) => ({ limits: [{ limit, windowMs: 60_000 }] })
const limits = planLimits({ plans: { free: perMinute(3), pro: perMinute(100) } })
const tokens = jwt({ key: await exportSPKI(publicKey), issuer: iss, audience: aud })

const gateway = createGateway({
  routes: [
    { path: '/tokens/:name', handler: issue },
    { path: '/reports/**', filters: [tokens, known, limits], handler: forward(await startService('reports')) },
  ],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/reports`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
