export type { CloseOptions } from '../gateway-options.js'
export type { ShutdownReport } from '../shutdown-report.js'
export { attachContinue } from './attach-continue.js'
export { attachUpgrade, type Upgradable, type UpgradableServer } from './attach-upgrade.js'
export type { NodeRequest, NodeResponse } from './codec.js'
export { hardenServer } from './harden-server.js'
export type { HardenableServer, HardenOptions } from './hardening-options.js'
export type { AdapterOptions } from './ingress.js'
export type { EdgeMiddleware } from './middleware.js'
export { type GracefulShutdown, gracefulShutdown } from './shutdown/graceful-shutdown.js'
export type { ClosableApp, ShutdownOptions, StoppableServer } from './shutdown/shutdown-options.js'
export type { CertificateFiles } from './tls/certificate-files.js'
export type { CertificateInUse, CertificatePair } from './tls/certificate-table.js'
export {
  type ClientCertificateOptions,
  type ServerTls,
  type TlsOptions,
  tlsOptions,
} from './tls/tls-options.js'
export type { ConnectListener, UpgradeListener } from './upgrade.js'
