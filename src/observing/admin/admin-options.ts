import type { EventHub } from '../../events.js'
import type { Ban } from '../../filters/abuse/ban.js'
import type { Cache } from '../../filters/cache/cache.js'
import type { Maintenance } from '../../filters/pages/maintenance.js'
import { check, checkOptions, optionError } from '../../options.js'
import { checkPools, type PoolSource } from '../pool-source.js'
import type { Authorize } from './authorizing.js'
import { BANS } from './ban-operations.js'
import { CACHES } from './cache-operations.js'
import { GATEWAYS, type ObservedGateway } from './gateway-operations.js'
import { type LeveledLogger, LOGGERS } from './level-operations.js'
import { SWITCHES } from './maintenance-operations.js'
import { checkNamed, type OneOrNamed } from './names.js'
import { CERTIFICATES, type ReloadableCertificates } from './reload-operations.js'

/** What the API shows and changes: what is not given has no address in it. Where there are several of a kind they have names. */
export interface AdminApiOptions {
  /** Says who asks, by name, or `true`; asked about every request, whatever it is for. */
  readonly authorize: Authorize
  /** Their endpoints can be drained, weighed, added and removed. @default none */
  readonly pools?: PoolSource | undefined
  /** What {@link ban} made: bans can be read, made and lifted. @default none */
  readonly bans?: OneOrNamed<Ban> | undefined
  /** What {@link cache} made: replies can be purged by URL and by tag. @default none */
  readonly caches?: OneOrNamed<Cache> | undefined
  /** Gateways, whose traffic and routes are shown. @default none */
  readonly gateways?: OneOrNamed<ObservedGateway> | undefined
  /** Loggers whose `level` can be set: pino, winston, or of their shape. @default none */
  readonly loggers?: OneOrNamed<LeveledLogger> | undefined
  /** Reads the configuration again; rejects with what is wrong with it. @default none */
  readonly reload?: (() => unknown) | undefined
  /** What {@link maintenance} made: it can be switched on and off. @default none */
  readonly maintenance?: OneOrNamed<Maintenance> | undefined
  /** What {@link tlsOptions} made: certificates can be read again. @default none */
  readonly certificates?: OneOrNamed<ReloadableCertificates> | undefined
  /** Where `admin`, `denied` and `fault` events go. @default the shared `events` */
  readonly events?: EventHub | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkAdminOptions(options: AdminApiOptions): void {
  checkOptions('adminApi', options, {
    authorize: check.function,
    pools: checkPools,
    bans: checkNamed(BANS),
    caches: checkNamed(CACHES),
    gateways: checkNamed(GATEWAYS),
    loggers: checkNamed(LOGGERS),
    reload: check.function,
    maintenance: checkNamed(SWITCHES),
    certificates: checkNamed(CERTIFICATES),
    events: check.object,
  })
  if (options.authorize === undefined)
    throw optionError('adminApi', 'authorize', undefined, 'a function that says who asks: nothing is open to everybody')
}
