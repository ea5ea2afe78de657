import type { ServedGateway } from '../gateway.js'
import type { Service } from './serve.js'
import { type ConnectListener, connectListener, type UpgradeListener, upgradeListener } from './upgrade.js'

/** What every adapter's middleware has besides being one. */
export interface EdgeMiddleware {
  readonly gateway: ServedGateway
  /** For `server.on('upgrade', …)`; or use `attachUpgrade`. */
  readonly upgrade: UpgradeListener
  /** For the `connect` of a `node:http2` server, where it is an extended one (RFC 8441); or use `attachUpgrade`. */
  readonly connect: ConnectListener
  /** The gateway's `close`. */
  readonly close: ServedGateway['close']
}

/** Gives a framework's middleware its upgrade listener and its gateway. */
export function asMiddleware<F extends object>(run: F, service: Service): F & EdgeMiddleware {
  const { gateway } = service
  return Object.assign(run, {
    gateway,
    upgrade: upgradeListener(service),
    connect: connectListener(service),
    close: gateway.close.bind(gateway),
  })
}
