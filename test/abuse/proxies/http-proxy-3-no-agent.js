// http-proxy-3 without an agent, its default: a connection for every request, so that none is kept.

import { serveWith } from './http-proxy-3.js'

/** @param {{ target: string, prefix: string, timeoutMs: number }} site */
export function serve(site) {
  return serveWith(site)
}
