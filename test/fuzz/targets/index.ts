import type { FuzzTarget } from '../target.js'
import * as addresses from './addresses.js'
import * as bodies from './bodies.js'
import * as caching from './caching.js'
import * as configuration from './configuration.js'
import * as credentials from './credentials.js'
import * as farSide from './far-side.js'
import * as fields from './fields.js'
import * as markup from './markup.js'
import * as patterns from './patterns.js'
import * as requestTargets from './request-targets.js'
import * as requests from './requests.js'
import * as tcp from './tcp.js'
import * as tracing from './tracing.js'
import * as wire from './wire.js'

/** All of them: for every parser that is ours. */
export const targets: readonly FuzzTarget[] = [
  requestTargets,
  patterns,
  markup,
  caching,
  requests,
  addresses,
  fields,
  credentials,
  wire,
  tcp,
  bodies,
  configuration,
  farSide,
  tracing,
]
  .flatMap((area): unknown[] => Object.values(area))
  .filter((each): each is FuzzTarget => typeof each === 'object' && each !== null && 'check' in each)
