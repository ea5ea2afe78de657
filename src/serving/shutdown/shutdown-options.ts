import type { Server } from 'node:net'
import type { EventHub } from '../../events.js'
import type { ServedGateway } from '../../gateway.js'
import type { Logger } from '../../observing/logger.js'
import { check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { TcpBalancer } from '../../tcp/tcp-balancer.js'
import type { EdgeMiddleware } from '../middleware.js'
import type { Departure } from './departure.js'
import { ServerDeparture } from './server-departure.js'

/** An app that closes its server by itself, with hooks of its own: Fastify's. */
export interface ClosableApp {
  readonly server: Server
  close(): PromiseLike<unknown>
}

/** What stops listening: a server of `node:http`, `node:https`, `node:http2`, `node:net` or `node:tls`, a Fastify app, or a TCP balancer. */
export type StoppableServer = Server | ClosableApp | TcpBalancer

export interface ShutdownOptions {
  /** Gateways, or the middleware made of them: they refuse what is new and wait for what is under way. @default none */
  readonly gateways?: readonly (ServedGateway | EdgeMiddleware)[] | undefined
  /** What begins it; the second one cuts at once. An empty list leaves that to `shutDown()`. @default ['SIGTERM', 'SIGINT'] */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /**
   * How long everything is served as before, but for readiness that says 503 and replies that say `Connection: close`, until load balancers have
   * noticed. @default 0
   */
  readonly delayMs?: Milliseconds | undefined
  /** How long what is under way may take from then on; 0 cuts it at once. @default 10000 */
  readonly graceMs?: Milliseconds | undefined
  /** Called at once, with the signal or the reason: to tell those who ask for more than `readiness()` does. @default none */
  readonly beforeShutdown?: ((reason: string) => unknown) | undefined
  /** Called when the last connection is gone: to close pools, stores and loggers. May take `graceMs`. @default none */
  readonly onShutdown?: (() => unknown) | undefined
  /** Ends the process when all is done, though something may keep it alive. @default false: it ends by itself */
  readonly exit?: boolean | undefined
  /** Gets a line when it begins, and one with the report. @default none */
  readonly logger?: Logger | undefined
  /** Where `shutdown` and `fault` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

const SIGNAL = /^SIG[A-Z0-9]{2,}$/

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkShutdown(options: ShutdownOptions): void {
  checkOptions('gracefulShutdown', options, {
    gateways: (value) =>
      Array.isArray(value) && value.every((each) => typeof each?.close === 'function')
        ? undefined
        : 'an array of gateways or middleware',
    signals: (value) =>
      Array.isArray(value) && value.every((each) => typeof each === 'string' && SIGNAL.test(each))
        ? undefined
        : 'an array of signals',
    delayMs: check.durationOrOff,
    graceMs: check.durationOrOff,
    beforeShutdown: check.function,
    onShutdown: check.function,
    exit: check.boolean,
    logger: check.object,
    events: check.object,
  })
}

/**
 * Begins to watch what will have to stop.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 */
export function departureOf(server: StoppableServer): Departure {
  if (typeof (server as Partial<TcpBalancer> | null)?.handle === 'function') return ofBalancer(server as TcpBalancer)
  if (typeof (server as Partial<Server> | null)?.getConnections === 'function')
    return new ServerDeparture(server as Server)
  const app = server as ClosableApp
  if (typeof app?.server?.getConnections === 'function') return new ServerDeparture(app.server, () => app.close())
  throw optionError(
    'gracefulShutdown',
    'servers',
    server,
    'a server of Node, a Fastify app, a TCP balancer, or several',
  )
}

function ofBalancer(balancer: TcpBalancer): Departure {
  return {
    leave: () => {},
    // The deadline is everybody's.
    stop: () => ({ asked: Promise.resolve(), gone: balancer.close({ graceMs: LONGEST }) }),
    cut() {
      const { connections } = balancer
      void balancer.close()
      return connections
    },
    forget: () => {},
  }
}

const LONGEST = 2 ** 31 - 1
