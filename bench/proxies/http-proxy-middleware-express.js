// http-proxy-middleware in an Express 5 application.

import { createServer } from 'node:http'
import express from 'express'
import { createMiddleware } from './http-proxy-middleware.js'

/** @param {{ endpoints: string[] }} options */
export function createProxy({ endpoints }) {
  const app = express()
  app.use(createMiddleware(endpoints))
  return createServer(app)
}
