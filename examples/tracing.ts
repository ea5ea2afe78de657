// Traces through OpenTelemetry: one span for each request, one for each attempt. The first endpoint is down, so that a retry shows.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { createGateway, createPool, firstAvailable, forward, tracing } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

const KINDS = ['internal', 'server', 'client']

/** Prints each span on a line; in production, the exporter of your collector stands here. */
const printing: SpanExporter = {
  export(spans, done) {
    for (const span of spans) console.error(line(span))
    done({ code: 0 })
  },
  shutdown: async () => {},
}

function line(span: ReadableSpan): string {
  const { name, kind, duration, attributes, parentSpanContext } = span
  const { traceId, spanId } = span.spanContext()
  const ms = (duration[0] * 1_000 + duration[1] / 1e6).toFixed(1)
  const what = attributes['http.response.status_code'] ?? attributes['error.type']
  return `${traceId.slice(0, 8)} ${spanId} in ${parentSpanContext?.spanId ?? '-'} ${KINDS[kind]} ${name}: ${what}, ${ms} ms`
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(printing)] }))

const pool = createPool({
  name: 'api',
  endpoints: ['http://127.0.0.1:1', await startService('api')],
  balancer: firstAvailable(),
})
const gateway = createGateway({
  filters: [tracing({ openTelemetry: true, tellClient: 'traceresponse' })],
  routes: [{ path: '/**', handler: forward({ pool }) }],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await pool.close()
})
