// Edgewise on cleartext `node:http2`, in front of upstreams that speak HTTP/2; from the build in dist.

import { createServer } from 'node:http2'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  return createServer(toNode(createMeasuredGateway(edgewise, endpoints, { http2: true })))
}
