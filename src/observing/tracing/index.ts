export type { OpenTelemetryApi, Tracer } from './otel/api.js'
export { type Trace, traceIdOf, traceOf } from './trace.js'
export { tracing } from './tracing.js'
export type { TracingOptions } from './tracing-options.js'
