export type { HealthCheck } from './checks.js'
export type { GatewayPhase, Phased } from './gateway-phase.js'
export { liveness } from './liveness.js'
export { type ReadinessOptions, readiness } from './readiness.js'
