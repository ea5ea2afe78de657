// The least that Node can do between two sockets: the baseline of what is measured per byte and per connection.

import net from 'node:net'

/** A server that pipes both ways, and nothing else; but loads the library, as the size of the heap is part of what each byte costs. */
export async function pipeTo(port) {
  await import('../../dist/index.js')
  return net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      one.on('error', () => other.destroy())
      one.pipe(other)
    }
  })
}
