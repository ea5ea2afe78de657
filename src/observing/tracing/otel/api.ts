/** A context of OpenTelemetry's: looked at by its own functions only. */
type Context = unknown

/** What an attribute can be. */
export type AttributeValue = string | number | boolean

/** What a span is marked with; `undefined` is as good as absent. */
export type Attributes = Record<string, AttributeValue | undefined>

export interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
  isRemote?: boolean
  traceState?: TraceState
}

interface TraceState {
  get(key: string): string | undefined
  set(key: string, value: string): TraceState
  unset(key: string): TraceState
  serialize(): string
}

export interface Span {
  spanContext(): SpanContext
  isRecording(): boolean
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number; message?: string }): unknown
  end(time?: number): void
}

/** What makes spans. */
export interface Tracer {
  startSpan(
    name: string,
    options?: {
      kind?: number
      attributes?: Attributes
      links?: { context: SpanContext }[]
      root?: boolean
      startTime?: number
    },
    context?: Context,
  ): Span
}

interface Setter {
  set(carrier: unknown, key: string, value: string): void
}

interface Getter {
  get(carrier: unknown, key: string): string | string[] | undefined
  keys(carrier: unknown): string[]
}

/** What of the package `@opentelemetry/api`, 1.9 or later, is used. Described here, so that the types of Edgewise need no package that you don't use. */
export interface OpenTelemetryApi {
  readonly ROOT_CONTEXT: Context
  readonly context: {
    active(): Context
    with<T>(context: Context, run: (...args: never[]) => T, thisArg?: undefined, ...args: unknown[]): T
  }
  readonly trace: {
    getTracer(name: string): Tracer
    getSpan(context: Context): Span | undefined
    getSpanContext(context: Context): SpanContext | undefined
    setSpan(context: Context, span: Span): Context
    setSpanContext(context: Context, spanContext: SpanContext): Context
    isSpanContextValid(spanContext: SpanContext): boolean
  }
  readonly propagation: {
    fields(): string[]
    extract(context: Context, carrier: unknown, getter?: Getter): Context
    inject(context: Context, carrier: unknown, setter?: Setter): void
  }
  createTraceState(raw?: string): TraceState
}

/** `SpanKind` of the API. */
export const KIND = { internal: 0, server: 1, client: 2 } as const
/** `SpanStatusCode.ERROR` of the API. */
export const ERROR = 2
