import type { Gateway } from '../gateway.js'
import type { Service } from './serve.js'
import { type UpgradeListener, upgradeListener } from './upgrade.js'

/** What every adapter's middleware has besides being one. */
export interface EdgeMiddleware {
  readonly gateway: Gateway
  /** For `server.on('upgrade', …)`; or use `attachUpgrade`. */
  readonly upgrade: UpgradeListener
  /** The gateway's `close`. */
  readonly close: Gateway['close']
}

/** Gives a framework's middleware its upgrade listener and its gateway. */
export function asMiddleware<F extends object>(run: F, service: Service): F & EdgeMiddleware {
  const { gateway } = service
  return Object.assign(run, { gateway, upgrade: upgradeListener(service), close: gateway.close.bind(gateway) })
}
