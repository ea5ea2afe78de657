// Edgewise on plain `node:http`, with every exchange logged, counted and traced: JSON lines to nowhere, metrics, and a trace that goes on.

import { createServer } from 'node:http'
import { Writable } from 'node:stream'
import { Registry } from 'prom-client'
import { toNode } from '../../dist/adapters/node.js'
import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'

const { accessLog, metrics, tracing } = edgewise

/**
 * @param {{ endpoints: string[] }} options
 * @param {import('../../dist/index.js').TracingOptions} traced
 */
export function createProxy({ endpoints }, traced = {}) {
  const nowhere = new Writable({ write: (_line, _encoding, done) => done() })
  accessLog({ stream: nowhere })
  metrics({ register: new Registry() })
  return createServer(toNode(createMeasuredGateway(edgewise, endpoints, { filters: [tracing(traced)] })))
}
