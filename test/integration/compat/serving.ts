import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as ours from 'edgewise/compat'
import express, { type Express } from 'express'
import * as theirs from 'http-proxy-middleware'

/** What an application imports. */
export type Compat = Pick<typeof ours, 'createProxyMiddleware' | 'fixRequestBody' | 'responseInterceptor'>

/** The same code by both packages: a migration is one import. */
export const packages: readonly (readonly [name: string, exports: Compat])[] = [
  ['http-proxy-middleware', theirs as unknown as Compat],
  ['edgewise/compat', ours],
]

export interface Serving extends AsyncDisposable {
  readonly port: number
  readonly server: Server
}

/** An Express application on a real server. What it does not answer is a 404 that says so; its errors are 500s that tell the message. */
export async function serving(build: (app: Express) => unknown): Promise<Serving> {
  const app = express()
  build(app)
  app.use((_req, res) => {
    res.status(404).send('the application')
  })
  app.use(((error, _req, res, next) => {
    if (res.headersSent) next(error)
    else res.status(500).send(`framework: ${(error as Error).message}`)
  }) satisfies express.ErrorRequestHandler)
  return listening(createServer(app))
}

export async function listening(server: Server): Promise<Serving> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
