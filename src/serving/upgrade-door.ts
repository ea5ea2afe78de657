import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { OutcomeBuilder } from '../outcome.js'
import { discard, type Reply } from '../reply.js'
import type { NodeRequest, NodeResponse } from './codec.js'
import { writeReply } from './reply-writer.js'

/** Where the client of an upgrade stands: how it is answered, and what its tunnel is joined to. */
export interface UpgradeDoor {
  readonly req: NodeRequest
  readonly socket: Duplex
  /** What came right behind the head. */
  readonly head: Uint8Array
  /** Answers with an ordinary reply, and that is all. */
  answer(reply: Reply, outcome?: OutcomeBuilder): void
  /** Says that it is done; what follows on the socket is the tunnel's. */
  open(reply: Reply, protocol: string): void
  /** A response for what filters set, for whoever it is handed over to. */
  response(): NodeResponse
}

/** The door of an HTTP/1.1 upgrade: the connection itself, which ends with any other answer than a 101. */
export function http1Door(req: IncomingMessage, socket: Duplex, head: Buffer): UpgradeDoor {
  return {
    req,
    socket,
    head,
    answer: (reply, outcome = new OutcomeBuilder(performance.now())) => answer(req, socket, reply, outcome),
    open(reply, protocol) {
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`]
      for (const name in reply.headers) {
        for (const value of [reply.headers[name] ?? []].flat())
          if (!/[\r\n\0]/.test(value)) lines.push(`${name}: ${value}`)
      }
      socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
      if (head.byteLength > 0) socket.unshift(head)
    },
    response: () => new ServerResponse(req),
  }
}

/** Writes an ordinary reply onto the socket of a request that wanted to upgrade, through Node's own response, and closes. */
function answer(req: IncomingMessage, socket: Duplex, reply: Reply, outcome: OutcomeBuilder): void {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket as Socket)
  socket.on('drain', () => res.emit('drain'))
  res.on('finish', () => {
    res.detachSocket(socket as Socket)
    socket.end(() => socket.destroy())
  })
  try {
    writeReply(res, reply, outcome)
  } catch {
    discard(reply)
    socket.destroy()
  }
}
