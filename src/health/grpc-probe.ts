import { connect, type SecureClientSessionOptions } from 'node:http2'
import { check, checkOptions } from '../options.js'
import type { Endpoint } from '../upstream/endpoint.js'
import type { Probe } from './monitor-options.js'

export interface GrpcProbeOptions {
  /** Full name of the service to ask about, as `shop.Cart`. @default the server as a whole */
  readonly service?: string | undefined
}

/** A message stands behind a byte for its compression and four for its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const PREFIX = 5
/** `HealthCheckResponse { status: SERVING }` in protobuf: field 1, a varint, 1. */
const SERVING: Buffer = Buffer.from([8, 1])
const ANSWER_LIMIT = 1024

/**
 * Well if a gRPC server says that it is `SERVING`, by the health checking protocol (`grpc.health.v1.Health/Check`). Each probe has a
 * connection of its own, so that it never waits behind traffic.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * createPool({ name: 'cart', endpoints: ['http://10.0.0.1:50051'], health: { active: { probe: grpcProbe({ service: 'shop.Cart' }) } } })
 * ```
 */
export function grpcProbe(options: GrpcProbeOptions = {}): Probe<Endpoint> {
  checkOptions('grpcProbe', options, { service: check.string })
  const question = prefixed(serviceField(options.service ?? ''))
  return (endpoint, signal) =>
    new Promise((resolve, reject) => {
      const { tls, lookup } = endpoint.connect
      const scheme = endpoint.protocol === 'https' ? 'https' : 'http'
      const session = connect(`${scheme}://localhost`, {
        ...(endpoint.socketPath === null
          ? { host: endpoint.hostname, port: endpoint.port, lookup }
          : { path: endpoint.socketPath }),
        ...(scheme === 'https'
          ? { ...tls, servername: endpoint.servername, rejectUnauthorized: tls.rejectUnauthorized ?? true }
          : {}),
      } as SecureClientSessionOptions)
      const leave = (): void => session.destroy()
      signal.addEventListener('abort', leave, { once: true })
      session.on('error', reject)
      session.on('close', () => {
        signal.removeEventListener('abort', leave)
        resolve(false)
      })
      const stream = session.request({
        ':method': 'POST',
        ':scheme': scheme,
        ':authority': endpoint.host,
        ':path': `${endpoint.pathPrefix}/grpc.health.v1.Health/Check`,
        'content-type': 'application/grpc',
        'user-agent': 'edgewise-probe',
        te: 'trailers',
      })
      let answer: Buffer = Buffer.alloc(0)
      stream.on('data', (chunk: Buffer) => {
        answer = Buffer.concat([answer, chunk])
        if (answer.length > ANSWER_LIMIT) leave()
      })
      stream.on('trailers', (trailers) => {
        resolve(trailers['grpc-status'] === '0' && answer.subarray(PREFIX, PREFIX + SERVING.length).equals(SERVING))
      })
      stream.on('error', reject)
      stream.on('close', leave)
      stream.end(question)
    })
}

/** `HealthCheckRequest { service }` in protobuf: field 1, a string. */
function serviceField(service: string): Buffer {
  const name = Buffer.from(service)
  if (name.length === 0) return name
  const length: number[] = []
  let rest = name.length
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([10, ...length, rest]), name])
}

function prefixed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
