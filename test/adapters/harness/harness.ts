import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  type AdapterOptions,
  attachUpgrade,
  type EdgeMiddleware,
  type Exchange,
  type Handler,
  type ServedGateway,
  stateKey,
} from 'edgewise'

/** How an app is put together around one adapter. */
export interface AppOptions extends AdapterOptions {
  /** Where the framework mounts the middleware; frameworks without mounts of their own see every request. @default everywhere */
  readonly mount?: string | undefined
  /** Writes past the framework, where the adapter has that option. @default false */
  readonly direct?: boolean | undefined
  /** Puts a middleware of the framework's in front: see {@link App.finished}. @default false */
  readonly outer?: boolean | undefined
  /** Puts something in front that reads the request's body, as the framework's users do it. @default false */
  readonly reader?: boolean | undefined
  /** Serves cleartext HTTP/2, and nothing else. @default false */
  readonly http2?: boolean | undefined
  /** Whether the middleware serves the server's upgrades. @default true */
  readonly upgrades?: boolean | undefined
}

/** A running app of one framework. Its own handler answers everything that gets past the adapter: see {@link appText}. */
export interface App extends AsyncDisposable {
  readonly port: number
  readonly server: Server
  readonly middleware: EdgeMiddleware
  /** What reached the framework's error handling, which answers 500 `framework: <message>`. */
  readonly errors: readonly unknown[]
  /** Statuses as the outer middleware saw them once the reply was there. */
  readonly finished: readonly number[]
  /** Connections the server accepted. */
  readonly sockets: readonly Socket[]
}

/** What an adapter does otherwise than the rest; `docs/adapters.md` prints it. */
export interface Traits {
  /** The framework takes its mount point off the path. */
  readonly strips: boolean
  /** Outer middleware can change the reply on its way out: it sets `x-after` to the status. */
  readonly changesReply: boolean
  /** Trailers, 1xx and refused uploads go out by Node's own response. */
  readonly direct: 'always' | 'option'
  /** Targets below `/api` that a mount at `/api` does not see: the framework matches them raw. */
  readonly mountMisses: readonly string[]
  /** Hazards that the framework answers by itself before any middleware runs, keeping the connection. */
  readonly answersFirst: readonly string[]
  /** What a body without Content-Type gets from the framework. */
  readonly contentType: string | undefined
  /** Its own readers of bodies find one that a filter has read. */
  readonly findsKept: boolean
}

export interface Harness {
  readonly name: string
  readonly traits: Traits
  listen(subject: ServedGateway | Handler, options?: AppOptions): Promise<App>
}

export const principal = stateKey<string>('principal')

/**
 * What an app's own handler answers: that it did, to what, with what body, and what filters left for it.
 *
 * @param fields As the app reads them by its framework's ways; those that name a user, in any spelling, are shown.
 */
export function appText(
  url: string | undefined,
  body: string,
  exchange: Exchange | undefined,
  ...fields: readonly object[]
): string {
  const users = fields.flatMap((each) => Object.entries(each)).filter(([name]) => /^x.user$/i.test(name))
  const raw = exchange?.raw.rawHeaders.filter((name, at) => at % 2 === 0 && /^x.user$/i.test(name)) ?? []
  return JSON.stringify({
    ...(users.length + raw.length === 0 ? {} : { users, raw }),
    app: true,
    url,
    body,
    principal: exchange?.get(principal) ?? null,
    base: exchange?.base ?? null,
  })
}

export async function readAll(req: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** Splits an app's options from the adapter's. */
export function adapterOptions({ base, fallThrough, direct }: AppOptions, hasDirect: boolean): AdapterOptions {
  return {
    ...(base === undefined ? {} : { base }),
    ...(fallThrough === undefined ? {} : { fallThrough }),
    ...(hasDirect && direct !== undefined ? { direct } : {}),
  }
}

/** Makes an {@link App} of a server that is about to listen, or does already. */
export async function serve(
  server: Server,
  middleware: EdgeMiddleware,
  options: AppOptions,
  log: { readonly errors: readonly unknown[]; readonly finished: readonly number[] },
  close: () => Promise<unknown> = async () => {},
): Promise<App> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => sockets.push(socket))
  if (options.upgrades ?? true) attachUpgrade(server, middleware)
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    middleware,
    sockets,
    ...log,
    async [Symbol.asyncDispose]() {
      const stopped = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await middleware.close({ graceMs: 100 })
      await close()
      await stopped
    },
  }
}
