// The floor over 1,000 endpoints: what as many connections, each used in its turn, cost anybody.

import { createProxy as createRelay } from './relay.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = ({ endpoints }) =>
  createRelay({ endpoints: Array.from({ length: 1_000 }, (_, at) => endpoints[at % endpoints.length]) })
