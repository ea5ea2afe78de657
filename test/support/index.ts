// What users have, too, by the names that the hazards give it.
export {
  type FakeClock,
  type FakeTimer,
  type Fault,
  type FaultyUpstream,
  fakeClock,
  faultyUpstream,
  type Script as SinkScript,
  type ScriptedConnection as SinkConnection,
  type ScriptedRequest as SinkRequest,
  type ScriptedUpstream as Sink,
  type ScriptStep as SinkStep,
  scriptedUpstream as sink,
  seededRandom,
  type Upstream,
  type UpstreamHandler,
  type UpstreamOptions,
  type UpstreamRequest,
  upstream,
} from 'edgewise/testing'
export * from '../../src/testing/answers.js'
export * from '../../src/testing/blackhole.js'
export * from '../../src/testing/eventually.js'
export * from '../../src/testing/pseudo-random.js'
export { shown, WireError } from '../../src/testing/wire/error.js'
export type { HeaderPair } from '../../src/testing/wire/head.js'
export { WireMessage } from '../../src/testing/wire/message.js'
export { WireReply } from '../../src/testing/wire/reply.js'
export { WireRequest } from '../../src/testing/wire/request.js'
export * from './browser.js'
export * from './certificates.js'
export * from './child.js'
export * from './chromium.js'
export * from './devtools.js'
export * from './drained.js'
export * from './flat.js'
export * from './free-port.js'
export * from './h2-client.js'
export * from './h2-raw.js'
export * from './h2-websocket.js'
export * from './one-message.js'
export * from './program.js'
export * from './raw.js'
export * from './raw-open.js'
export * from './replies.js'
export * from './shows-resets.js'
export * from './source-loader.js'
export * from './websocket.js'
export * from './ws-frames.js'
