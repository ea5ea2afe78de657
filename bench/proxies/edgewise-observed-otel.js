// The same, traced through OpenTelemetry, with a sample of none.

import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { createProxy as createObserved } from './edgewise-observed.js'

/** @param {{ endpoints: string[] }} options */
export function createProxy(options) {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  api.trace.setGlobalTracerProvider(new BasicTracerProvider())
  return createObserved(options, { api, sample: 0 })
}
