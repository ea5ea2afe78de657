import type { Duplex } from 'node:stream'
import type { Tunnel } from '../reply.js'
import type { Tunneled } from '../traffic.js'

/** How long the other side of a closing tunnel may take. */
const CLOSE_MS = 2_000

/**
 * Joins a client's socket to an upstream's, bytes both ways with back-pressure. When one side ends the other is ended; when
 * one dies the other is destroyed; when both are silent for the tunnel's idle time, both are.
 */
export function joinTunnel(
  client: Duplex,
  tunnel: Tunnel,
  onClose: (bytes: { readonly in: number; readonly out: number }) => void,
): Tunneled {
  const { socket: upstream, head, idleMs = 0 } = tunnel
  const counted = { in: 0, out: 0 }
  let timer: NodeJS.Timeout | null = null
  let closed = 0
  const destroy = (): void => {
    client.destroy()
    upstream.destroy()
  }
  const active = (): void => void timer?.refresh()
  const onSideClosed = (): void => {
    destroy()
    if (++closed < 2) return
    if (timer !== null) clearTimeout(timer)
    onClose(counted)
  }
  const closing = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(destroy, CLOSE_MS)
  }
  for (const side of [client, upstream]) {
    side.on('error', destroy)
    side.on('close', onSideClosed)
    side.on('end', closing)
    // A filter may have taken its time over the 101: what closed meanwhile tells nobody again.
    if (side.closed) queueMicrotask(onSideClosed)
  }
  if (idleMs > 0) timer = setTimeout(destroy, idleMs)
  client.on('data', (chunk: Buffer) => {
    counted.in += chunk.length
    active()
  })
  upstream.on('data', (chunk: Buffer) => {
    counted.out += chunk.length
    active()
  })
  if (head.byteLength > 0) {
    counted.out += head.byteLength
    client.write(head)
  }
  client.pipe(upstream)
  upstream.pipe(client)
  return {
    end: () => {
      client.end()
      upstream.end()
      closing()
    },
    destroy,
  }
}
