// Edgewise on plain `node:http` with 1,000 endpoints: the three upstreams, by many prefixes.

import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

const COUNT = 1_000

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const many = Array.from({ length: COUNT }, (_, at) => `${endpoints[at % endpoints.length]}/${at}`)
  return createServer(toNode(createMeasuredGateway(edgewise, many)))
}
