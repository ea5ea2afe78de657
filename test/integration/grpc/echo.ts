import {
  type ChannelCredentials,
  type Client,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'

/** Messages as JSON: gRPC is about what is around them. */
const serialize = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const deserialize = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: serialize,
  requestDeserialize: deserialize,
  responseSerialize: serialize,
  responseDeserialize: deserialize,
})

export const echoService: ServiceDefinition = {
  unary: method('Unary', false, false),
  collect: method('Collect', true, false),
  count: method('Count', false, true),
  chat: method('Chat', true, true),
}

const OPTIONS = { 'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': 64 << 20 }

/** An official gRPC server on 127.0.0.1. */
export interface GrpcServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

export async function grpcServer(
  implementation: UntypedServiceImplementation,
  service: ServiceDefinition = echoService,
  security: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<GrpcServer> {
  const server = new Server(OPTIONS)
  server.addService(service, implementation)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', security, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.forceShutdown()
    },
  }
}

/** An official gRPC client of a port on 127.0.0.1; without retries of its own. */
// biome-ignore lint/suspicious/noExplicitAny: methods are made from the definition
export type GrpcClient = Client & Record<string, any> & Disposable

export function grpcClient(
  port: number,
  security: ChannelCredentials = credentials.createInsecure(),
  host = '127.0.0.1',
): GrpcClient {
  const Made = makeGenericClientConstructor(echoService, 'Echo')
  const client = new Made(`${host}:${port}`, security, { ...OPTIONS, 'grpc.enable_retries': 0 })
  return Object.assign(client, { [Symbol.dispose]: () => client.close() }) as unknown as GrpcClient
}
