import { bytesBody } from '../../body.js'
import type { Handler, HandlerTraits, PlainHandler } from '../../filter.js'
import { shareHeaders, toHeaders } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'

const fields = shareHeaders(toHeaders({ 'content-type': 'application/json', 'cache-control': 'no-store' }))

/** How something is, in JSON that nobody keeps: yesterday's health is none (H-197). A value that can go out any number of times. */
export function vitalReply(status: 200 | 503, json: object): Reply {
  return { status, headers: fields, body: bytesBody(`${JSON.stringify(json)}\n`) }
}

/** Makes a handler one that is asked while its gateway starts and closes, too. */
export function vital(run: PlainHandler, explain: HandlerTraits['explain']): Handler {
  return Object.assign(run, { vital: true, explain })
}
