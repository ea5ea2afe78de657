// The process of one proxy on Node: serves a site for every message `{ id, target, prefix }`, and tells the port.

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Site } from './front.js'

const { serve } = (await import(process.argv.at(-1)!)) as {
  serve(site: Site): Server | Promise<Server>
}

process.on('message', async ({ id, ...site }: Site & { readonly id: number }) => {
  const server = await serve(site)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send!({ id, port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))
process.send!({ ready: true })
