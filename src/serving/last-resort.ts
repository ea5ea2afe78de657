import type { EventHub } from '../events.js'
import type { NodeResponse } from './codec.js'
import type { Next } from './serve.js'

/** What takes the place of a framework's `next` where there is no framework: a 404, or a 500 after an error, which is told by a `fault` event. */
export function lastResort(res: NodeResponse, events: EventHub): Next {
  return (error) => {
    if (error !== undefined) events.emit('fault', { where: 'handler', error })
    for (const name of res.getHeaderNames()) res.removeHeader(name)
    res.statusCode = error === undefined ? 404 : 500
    res.setHeader('content-length', '0')
    res.end()
  }
}
