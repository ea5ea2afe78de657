export * as answers from './answers.js'
export { type Asked, ask } from './ask.js'
export { type Blackhole, blackhole } from './blackhole.js'
export { type FakeClock, type FakeTimer, fakeClock, seededRandom } from './clock.js'
export { assertDistribution, type DistributionOptions } from './distribution.js'
export { type EventuallyOptions, eventually } from './eventually.js'
export { type TestExchange, type TestExchangeOptions, testExchange } from './exchange.js'
export { type Fault, type FaultOptions, type FaultyUpstream, faultyUpstream } from './faulty-upstream.js'
export type { ScriptedConnection, ScriptedRequest, ScriptStep } from './scripted-connection.js'
export {
  type Script,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  scriptedUpstream,
} from './scripted-upstream.js'
export {
  type Upstream,
  type UpstreamHandler,
  type UpstreamOptions,
  type UpstreamRequest,
  upstream,
} from './upstream.js'
