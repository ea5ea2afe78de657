// What the gateways of compose.yaml forward to: tells who answers.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'

const server = http.createServer((req, res) => res.end(`${hostname()} ${req.url}\n`))
server.listen(Number(process.env['PORT'] ?? 3000), process.env['HOST'] ?? '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/users/1`)
})

process.once('SIGTERM', () => server.close())
