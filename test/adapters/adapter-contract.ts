import { caching } from './contract/caching.js'
import { compression } from './contract/compression.js'
import { expectations } from './contract/expectations.js'
import { failing } from './contract/failures.js'
import { framework } from './contract/framework.js'
import { surviving } from './contract/process.js'
import { replies } from './contract/replies.js'
import { rewriting } from './contract/rewriting.js'
import { routing } from './contract/routing.js'
import { smuggling } from './contract/smuggling.js'
import { upgrades } from './contract/upgrades.js'
import { uploads } from './contract/uploads.js'
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
  surviving(harness)
}
