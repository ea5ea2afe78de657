import { type Duplex, duplexPair } from 'node:stream'
import { joinTunnel } from '../../../src/serving/tunnel.js'
import type { TunnelOwner, TunnelSummary } from '../../../src/tunnels.js'
import { readWsFrames } from '../../support/ws-frames.js'

/** One end of a tunnel under test, as its peer holds it. */
export interface Peer {
  readonly socket: Duplex
  /** What has come. */
  readonly bytes: Buffer
  readonly frames: ReturnType<typeof readWsFrames>['frames']
  /** Resolves once the other side has ended. */
  readonly ended: Promise<void>
}

function peerOf(socket: Duplex): Peer {
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.on('error', () => {})
  return {
    socket,
    get bytes() {
      return Buffer.concat(parts)
    },
    get frames() {
      return readWsFrames(Buffer.concat(parts)).frames
    },
    ended: new Promise((resolve) => socket.once('end', resolve)),
  }
}

export interface JoinOptions {
  readonly idleMs?: number
  readonly head?: Uint8Array
  readonly owner?: TunnelOwner
}

/** A tunnel over connections in memory, with what its peers see. */
export function joined(options: JoinOptions = {}) {
  const [clientSide, client] = duplexPair()
  const [upstreamSide, upstream] = duplexPair()
  const { promise: summary, resolve } = Promise.withResolvers<TunnelSummary>()
  const tunnel = joinTunnel(clientSide!, { socket: upstreamSide!, head: new Uint8Array(0), ...options }, resolve)
  return {
    tunnel,
    summary,
    client: peerOf(client!),
    upstream: peerOf(upstream!),
    clientSide: clientSide!,
    upstreamSide: upstreamSide!,
  }
}

/** Lets everything that is due happen: streams in memory move on by ticks. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}
