import { type StateKey, stateKey } from '../../exchange.js'

/**
 * Where a gateway is in its life: its filters `starting`; `serving`; `leaving`, when it still serves but load balancers shall look for
 * another; `draining`, when it takes nothing new; `closed`.
 */
export type GatewayPhase = 'starting' | 'serving' | 'leaving' | 'draining' | 'closed'

/** What knows its phase: a gateway. */
export interface Phased {
  readonly phase: GatewayPhase
}

/** By which handlers that are asked in every phase find the gateway that they stand in. */
export const phaseOfGateway: StateKey<Phased> = stateKey<Phased>('phaseOfGateway')
