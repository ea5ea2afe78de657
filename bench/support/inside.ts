// What benchmarks and the soak look at inside the build. Built beside it, and not published.
export { emptyBody } from '../../src/body.js'
export { Http1Attempt } from '../../src/forwarding/http1/attempt.js'
export { parseTarget } from '../../src/http/target.js'
export { FrameTracker } from '../../src/http/websocket-frames.js'
export { ExchangeOrigin, NodeExchange } from '../../src/node-exchange.js'
export { PoolLease } from '../../src/upstream/lease.js'
export { SlowStart } from '../../src/upstream/slow-start.js'
