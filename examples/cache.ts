// A cache in front of a slow service: it is asked once, until somebody says that what was kept is no longer true. Try it, twice:
//   curl -i http://127.0.0.1:3000/articles/1
//   curl -X DELETE http://127.0.0.1:3000/tags/articles
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { cache, createGateway, emptyReply, forward, ipRules } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startServer } from './support/server.js'

let asked = 0
// How long, and by which tags, is the service's to say.
const slow = await startServer(async (_req, res) => {
  await sleep(500)
  res.setHeaders(new Headers({ 'cache-control': 'max-age=60', 'cache-tag': 'articles' }))
  res.end(`asked ${++asked} times\n`)
})

const pages = cache()
const gateway = createGateway({
  routes: [
    { path: '/articles/**', filters: [pages], handler: forward(slow) },
    {
      path: '/tags/:tag',
      methods: ['DELETE'],
      // Whoever may purge can make the service do all its work again.
      filters: [ipRules({ allow: ['loopback'] })],
      handler: async ({ params }) => {
        await pages.purgeTag(params['tag']!)
        return emptyReply(204)
      },
    },
  ],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/articles/1`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
})
