// What forward() asks: an upstream with more than enough capacity.

import { once } from 'node:events'
import { createServer } from 'node:http'

const body = JSON.stringify({ name: 'edgewise', what: 'a reply of about ninety bytes, as in the other tables' })
const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ url: `http://127.0.0.1:${server.address().port}` })
