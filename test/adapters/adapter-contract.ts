import { abuse } from './contract/abuse.js'
import { logging } from './contract/access-log.js'
import { administering } from './contract/admin-api.js'
import { authentication } from './contract/authentication.js'
import { caching } from './contract/caching.js'
import { compression } from './contract/compression.js'
import { configuring } from './contract/configuration.js'
import { consuming } from './contract/consuming.js'
import { crossOrigin } from './contract/cross-origin.js'
import { expectations } from './contract/expectations.js'
import { explaining } from './contract/explain.js'
import { failing } from './contract/failures.js'
import { framework } from './contract/framework.js'
import { keeping } from './contract/kept.js'
import { measuring } from './contract/metrics.js'
import { surviving } from './contract/process.js'
import { rateLimiting } from './contract/rate-limiting.js'
import { replies } from './contract/replies.js'
import { rewriting } from './contract/rewriting.js'
import { routing } from './contract/routing.js'
import { shedding } from './contract/shedding.js'
import { signatures } from './contract/signatures.js'
import { smuggling } from './contract/smuggling.js'
import { watching } from './contract/status-page.js'
import { stopping } from './contract/stopping.js'
import { tokens } from './contract/tokens.js'
import { tracing } from './contract/tracing.js'
import { traffic } from './contract/traffic.js'
import { transforming } from './contract/transforming.js'
import { upgrades } from './contract/upgrades.js'
import { uploads } from './contract/uploads.js'
import { validating } from './contract/validating.js'
import type { Harness } from './harness/harness.js'

/** What every adapter promises, whatever its framework: run by one test file for each. */
export function adapterContract(harness: Harness): void {
  routing(harness)
  replies(harness)
  caching(harness)
  failing(harness)
  uploads(harness)
  expectations(harness)
  framework(harness)
  smuggling(harness)
  compression(harness)
  upgrades(harness)
  rewriting(harness)
  authentication(harness)
  tokens(harness)
  signatures(harness)
  crossOrigin(harness)
  rateLimiting(harness)
  consuming(harness)
  abuse(harness)
  shedding(harness)
  transforming(harness)
  validating(harness)
  traffic(harness)
  administering(harness)
  configuring(harness)
  explaining(harness)
  logging(harness)
  measuring(harness)
  stopping(harness)
  tracing(harness)
  watching(harness)
  keeping(harness)
  surviving(harness)
}
