// A proxy that does everything wrong: what the table makes of it shows that its rows can fail.

import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Site } from '../front.js'

/** Passes bytes on as they come, both ways and without end: it knows neither messages, nor back-pressure, nor that somebody left. */
export function serve({ target }: Site): Server {
  return createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {})
    client.once('data', (first) => {
      const request = spoilt(first.toString('latin1'))
      const named = /^.*127\.0\.0\.1:(\d+)/.exec(request)?.[1]
      const dial = (attempt: number): void => {
        const far = connect({ port: Number(named ?? new URL(target).port), host: '127.0.0.1', allowHalfOpen: true })
        let answered = false
        far.once('data', () => {
          answered = true
        })
        far.on('error', (error) => {
          if (!answered && attempt < 2) dial(attempt + 1)
          else client.write(`HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n${error.message}`)
        })
        far.write(request, 'latin1')
        relay(client, far)
        relay(far, client)
      }
      dial(1)
    })
  })
}

function relay(from: Socket, to: Socket): void {
  from.on('data', (bytes) => to.write(joined(bytes)))
}

/** Escapes of line ends and slashes undone, the length of a GET lost. */
function spoilt(request: string): string {
  const [line = '', ...rest] = request.split('\r\n')
  const kept = line.startsWith('GET ') ? rest.filter((each) => !/^(?:content-length|x-last):/i.test(each)) : rest
  return [line.replace(/%0d%0a/gi, '\r\n').replace(/%2f/gi, '/'), 'X-Tenant: edge', ...kept].join('\r\n')
}

/** Cookies in one field. */
function joined(bytes: Buffer): Buffer {
  if (!bytes.includes('Set-Cookie: a=1')) return bytes
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\nSet-Cookie: ', ', '), 'latin1')
}
