import type { NodeRequest } from './codec.js'

const marked = new WeakSet<NodeRequest>()

/**
 * Notes that a request is the last of its connection: it asks for an upgrade that it does not get. Node drops what it has read together
 * with such a request, and takes the next bytes for a request: they may be the middle of one, a body of the client's choice (H-054).
 * What it reads until the reply has left waits behind it, and is never begun.
 */
export function markLast(req: NodeRequest): void {
  marked.add(req)
}

/** Whether a request was noted as the last of its connection. */
export function isLast(req: NodeRequest): boolean {
  return marked.has(req)
}
