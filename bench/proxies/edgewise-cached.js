// Edgewise on plain `node:http` with a cache in front.

import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  return createServer(toNode(createMeasuredGateway(edgewise, endpoints, { filters: [edgewise.cache()] })))
}
