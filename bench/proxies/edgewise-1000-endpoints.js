// Edgewise on plain `node:http` with 1,000 endpoints.

import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'
import { manyEndpoints } from '../support/many-endpoints.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = ({ endpoints }) =>
  createServer(toNode(createMeasuredGateway(edgewise, manyEndpoints(endpoints, 1_000))))
