// Edgewise in an Express 5 application, from the build in dist.

import { createServer } from 'node:http'
import express from 'express'
import { toExpress } from '../../dist/adapters/express.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const app = express()
  app.use(toExpress(createMeasuredGateway(edgewise, endpoints)))
  return createServer(app)
}
