import { http2Cell } from './contract/http2/cell.js'
import { http2Connections } from './contract/http2/connections.js'
import { http2Gateway } from './contract/http2/gateway.js'
import { http2Replies } from './contract/http2/replies.js'
import { http2Requests } from './contract/http2/requests.js'
import { http2StatusPage } from './contract/http2/status-page.js'
import type { AppOptions, Harness } from './harness/harness.js'

/** What an adapter promises to clients of HTTP/2: all that it promises to the others, where it can be said in HTTP/2. */
export function http2Contract(harness: Harness, options: AppOptions = {}): void {
  const cell = http2Cell(harness, options)
  http2Requests(cell)
  http2Replies(cell)
  http2Connections(cell)
  http2Gateway(cell)
  http2StatusPage(cell)
}
