import { type Child, child } from '../support/child.js'

/** Starts an upstream in a process of its own, so that killing it is what a crash is, and starting it at its port again a restart. */
export function startAt(port = 0, delayMs = 1): Promise<Child> {
  const code = `
    import http from 'node:http'
    const server = http.createServer((req, res) => setTimeout(() => res.end('{"ok":true}'), ${delayMs}))
    server.listen(${port}, '127.0.0.1', () => process.send({ port: server.address().port }))
  `
  return child({ code })
}
