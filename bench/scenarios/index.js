// What `npm run bench` measures, in the order in which it does.

import adapters from './adapters.js'
import cache from './cache.js'
import connections from './connections.js'
import download from './download.js'
import gatewayChain from './gateway-chain.js'
import keepAliveOff from './keep-alive-off.js'
import mediumGet from './medium-get.js'
import nodeVersions from './node-versions.js'
import observing from './observing.js'
import size from './size.js'
import slowUpstream from './slow-upstream.js'
import smallGet from './small-get.js'
import smallPost from './small-post.js'
import tls from './tls.js'
import transports from './transports.js'
import upload from './upload.js'
import workers from './workers.js'

/** @type {readonly import('../support/measure.js').Scenario[]} */
export const SCENARIOS = [
  smallGet,
  smallPost,
  mediumGet,
  download,
  upload,
  keepAliveOff,
  connections,
  slowUpstream,
  ...tls,
  ...cache,
  gatewayChain,
  observing,
  size,
  adapters,
  transports,
  workers,
  nodeVersions,
]
