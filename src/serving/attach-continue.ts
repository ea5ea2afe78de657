import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server, Http2ServerRequest, Http2ServerResponse } from 'node:http2'

type AnyServer = Server | Http2Server | Http2SecureServer
type Waiting = (IncomingMessage & ServerResponse['req']) | Http2ServerRequest

/**
 * Lets the edge answer `Expect: 100-continue` (RFC 9110 §10.1.1): the client is told to go on when somebody first reads the body,
 * be it a transport or the app's own parser. A request that is denied before that costs no upload. Node alone tells every client
 * at once.
 *
 * @returns What gives the matter back to Node.
 * @example
 * ```ts
 * const server = createServer(toNode(gateway))
 * attachContinue(server)
 * ```
 */
export function attachContinue(server: AnyServer): () => void {
  const listener = (req: Waiting, res: ServerResponse | Http2ServerResponse): void => {
    onFirstRead(req, () => {
      if (!res.headersSent && !res.writableEnded) res.writeContinue()
    })
    server.emit('request', req, res)
  }
  server.on('checkContinue', listener as never)
  return () => server.off('checkContinue', listener as never)
}

const waiting = new WeakMap<object, () => void>()

/** Whether the client of a request sends its body only when told to. */
export function waitsForContinue(req: object): boolean {
  return waiting.has(req)
}

/** Tells the client of a request to send its body, if it waits for that. */
export function goOn(req: object): void {
  const tell = waiting.get(req)
  waiting.delete(req)
  tell?.()
}

/** Whoever reads a request, in whatever way, makes Node call its `_read`, which is there to be overridden. */
function onFirstRead(req: Waiting, tell: () => void): void {
  const read = req._read
  waiting.set(req, tell)
  req._read = function (this: Waiting, size: number) {
    req._read = read
    goOn(req)
    read.call(this as never, size)
  }
}
