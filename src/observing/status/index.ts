export type { EndpointReport, GatewayReport, PoolReport, StatusReport } from './report.js'
export type { StatusPageOptions } from './status-options.js'
export { type StatusPage, statusPage } from './status-page.js'
export type { NamedGateways, WatchedGateway } from './watched-gateways.js'
