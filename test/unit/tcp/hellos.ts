import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'

export interface HelloOptions {
  readonly servername?: string
  readonly protocols?: readonly string[]
}

/** The ClientHello that this Node sends. */
export async function realHello({ servername, protocols = [] }: HelloOptions): Promise<Buffer> {
  const wire = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      this.emit('hello', chunk)
      done()
    },
  })
  const sent = once(wire, 'hello')
  const client = connect({ socket: wire, ALPNProtocols: [...protocols], ...(servername && { servername }) })
  client.on('error', () => {})
  const [hello] = await sent
  client.destroy()
  return hello
}

const vector = (size: number, content: Uint8Array): Buffer => {
  const length = Buffer.alloc(size)
  length.writeUIntBE(content.length, 0, size)
  return Buffer.concat([length, content])
}

/** An extension. */
export function extension(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), vector(2, content)])
}

/** A server_name extension with these names, of type host_name. */
export function serverName(...names: readonly string[]): Buffer {
  const list = names.map((name) => Buffer.concat([Buffer.of(0), vector(2, Buffer.from(name, 'latin1'))]))
  return extension(0, vector(2, Buffer.concat(list)))
}

/** A ClientHello message with these extensions; none at all if there are none. */
export function helloMessage(extensions: readonly Uint8Array[] | null): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 8)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.of(0)),
    ...(extensions === null ? [] : [vector(2, Buffer.concat(extensions))]),
  ])
  return Buffer.concat([Buffer.of(1), vector(3, body)])
}

/** The message in records of so many bytes. */
export function records(message: Uint8Array, size = 16_384): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < message.length; at += size)
    parts.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + size)))
  return Buffer.concat(parts)
}
