import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type PoolOptions, type TracingOptions, type Transport, tracing } from 'edgewise'
import { eventually } from '../../support/index.js'
import { type Front, type FrontOptions, gatewayOver } from '../front.js'

/** OpenTelemetry's SDK, which keeps the spans that have ended. */
export interface Recorder extends Disposable {
  readonly tracer: api.Tracer
  /** In the order in which they ended. */
  readonly spans: readonly ReadableSpan[]
  /** How many spans have begun, and how many times one ended. */
  readonly begun: number
  readonly ended: number
  /** Waits until so many have ended. */
  all(count: number): Promise<readonly ReadableSpan[]>
  of(kind: 'server' | 'client' | 'internal'): readonly ReadableSpan[]
}

/** Sets the SDK up, with its context manager; a propagator only if one is given. */
export function recorder(
  options: { readonly sampler?: Sampler; readonly propagator?: api.TextMapPropagator; readonly global?: boolean } = {},
): Recorder {
  const exporter = new InMemorySpanExporter()
  const counts = { begun: 0, ended: 0 }
  const counting = {
    onStart: () => void counts.begun++,
    onEnd: () => void counts.ended++,
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const provider = new BasicTracerProvider({
    sampler: options.sampler ?? new AlwaysOnSampler(),
    spanProcessors: [new SimpleSpanProcessor(exporter), counting],
  })
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  if (options.propagator !== undefined) api.propagation.setGlobalPropagator(options.propagator)
  if (options.global === true) api.trace.setGlobalTracerProvider(provider)
  const KINDS = { internal: api.SpanKind.INTERNAL, server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT }
  return {
    tracer: provider.getTracer('test'),
    get spans() {
      return exporter.getFinishedSpans()
    },
    get begun() {
      return counts.begun
    },
    get ended() {
      return counts.ended
    },
    all: (count) =>
      eventually(() => exporter.getFinishedSpans().length >= count).then(() => exporter.getFinishedSpans()),
    of: (kind) => exporter.getFinishedSpans().filter((span) => span.kind === KINDS[kind]),
    [Symbol.dispose]() {
      api.context.disable()
      api.propagation.disable()
      api.trace.disable()
    },
  }
}

/** A `traceparent` in its parts. */
export function parts(traceparent: unknown): {
  readonly traceId: string
  readonly spanId: string
  readonly flags: string
} {
  const [, traceId = '', spanId = '', flags = ''] = String(traceparent).split('-')
  return { traceId, spanId, flags }
}

export interface TracedOptions extends FrontOptions {
  readonly tracing?: TracingOptions
}

/** A gateway whose exchanges are recorded; it believes whoever asks. */
export function traced(
  transport: Transport,
  endpoints: PoolOptions['endpoints'],
  { tracer }: Recorder,
  options: TracedOptions = {},
): Promise<Front> {
  const { tracing: own, gateway, ...rest } = options
  const filters = [tracing({ tracer, trust: 'always', ...own }), ...(gateway?.filters ?? [])]
  return gatewayOver(transport, endpoints, { ...rest, gateway: { ...gateway, filters } })
}
