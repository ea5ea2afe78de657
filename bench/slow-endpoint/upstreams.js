// The ten endpoints of the model, in one process. Each works on so many requests at a time; a request says how long it takes.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { model } from '../support/slow-model.js'

/** @param {number} at */
function createEndpoint(at) {
  const slowness = at === model.slow ? model.slowness : 1
  const line = []
  let busy = 0

  function work({ request, response }) {
    busy++
    setTimeout(() => {
      busy--
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2, 'x-endpoint': String(at) })
      response.end('ok')
      if (line.length > 0) work(line.shift())
    }, Number(request.headers['x-service-ms']) * slowness)
  }

  return createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    if (busy < model.workers) work({ request, response })
    else line.push({ request, response })
  })
}

const ports = []
for (let at = 0; at < model.endpoints; at++) {
  const server = createEndpoint(at).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ports.push(server.address().port)
}
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ ports })
