import type { EventHub } from '../../events.js'
import type { AdminApiOptions } from './admin-options.js'
import { BANS, banOperations } from './ban-operations.js'
import { CACHES, cacheOperations } from './cache-operations.js'
import { GATEWAYS, gatewayOperations } from './gateway-operations.js'
import { LOGGERS, levelOperations } from './level-operations.js'
import { maintenanceOperations, SWITCHES } from './maintenance-operations.js'
import { membershipOperations } from './membership.js'
import { byName } from './names.js'
import { describe } from './openapi.js'
import type { Operation } from './operation.js'
import { poolOperations } from './pool-operations.js'
import { CERTIFICATES, certificateOperation, reloadOperation } from './reload-operations.js'

/** Everything that can be asked of an API with these options. */
export function operationsOf(options: AdminApiOptions, hub: EventHub): readonly Operation[] {
  const { pools, bans, caches, gateways, loggers, reload, maintenance, certificates } = options
  const operations: Operation[] = []
  if (pools !== undefined) operations.push(...poolOperations(pools), ...membershipOperations(pools, hub))
  if (bans !== undefined) operations.push(...banOperations(byName(bans, BANS)))
  if (caches !== undefined) operations.push(...cacheOperations(byName(caches, CACHES)))
  if (gateways !== undefined) operations.push(...gatewayOperations(byName(gateways, GATEWAYS)))
  if (loggers !== undefined) operations.push(...levelOperations(byName(loggers, LOGGERS)))
  if (reload !== undefined) operations.push(reloadOperation(reload))
  if (maintenance !== undefined) operations.push(...maintenanceOperations(byName(maintenance, SWITCHES)))
  if (certificates !== undefined) operations.push(certificateOperation(byName(certificates, CERTIFICATES)))
  return [...operations, ...describe(operations)]
}
