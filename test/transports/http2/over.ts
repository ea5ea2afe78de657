import { type Http2Options, http2 } from 'edgewise'
import { type H2Script, type H2Sink, type H2SinkOptions, h2Sink } from '../../support/h2-sink.js'
import { type GatewayOverOptions, gatewayOver, type TestGateway } from '../gateway-over.js'

export interface H2Over extends TestGateway {
  readonly far: H2Sink
}

export interface H2OverOptions extends GatewayOverOptions {
  readonly http2?: Http2Options
  readonly sink?: H2SinkOptions
}

/** A gateway in front of a raw HTTP/2 upstream. */
export async function h2Over(script: H2Script, options: H2OverOptions = {}): Promise<H2Over> {
  const far = await h2Sink(script, options.sink)
  const gateway = await gatewayOver(http2(options.http2), far.url, options)
  return {
    ...gateway,
    far,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await far[Symbol.asyncDispose]()
    },
  }
}
