// An upstream of an example's own: answers as its listener does, on a free port of this machine. Ends with the process's SIGTERM.
import { once } from 'node:events'
import http from 'node:http'

export async function startServer(listener) {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.once('SIGTERM', () => server.close())
  return `http://127.0.0.1:${server.address().port}`
}
