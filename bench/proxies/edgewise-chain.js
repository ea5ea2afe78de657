// Edgewise on plain `node:http` with the whole chain of an API gateway in front of the measured pool.

import { createServer } from 'node:http'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { API_KEY, AUDIENCE, ISSUER, SECRET } from '../support/credentials.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

const { allOf, apiKey, compress, cors, ipRules, jwt, rateLimit, requestId } = edgewise

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const filters = [
    requestId(),
    cors({ origin: ['https://shop.example'], credentials: true }),
    ipRules({ deny: ['192.0.2.0/24', '2001:db8::/32'] }),
    allOf(
      apiKey({ keys: { [API_KEY]: { id: 'shop' } } }),
      jwt({ key: SECRET, algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE }),
    ),
    rateLimit({ limit: 1_000_000_000, windowMs: 60_000, keyGenerator: 'principal' }),
    compress(),
  ]
  return createServer(toNode(createMeasuredGateway(edgewise, endpoints, { filters })))
}
