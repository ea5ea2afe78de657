import { rawOpen, readWsFrames, wsClose, wsFrame } from '../../support/index.js'
import { handshake } from '../../upgrade/ws-front.js'
import { MESSAGE } from './overlap-far.js'

const KEY = Buffer.from([1, 2, 3, 4])

/** What a WebSocket's client has seen, byte for byte. */
export interface Talk {
  /** Numbers that it has said by the time it was told to go. */
  readonly said: number
  /** The upstream's messages: whole, in order, none missing. */
  readonly messages: number
  readonly sound: boolean
  /** The code of the close frame; `null` without one. */
  readonly closeCode: number | null
  /** Bytes behind the last whole frame. */
  readonly torn: number
}

/** Opens a WebSocket over a raw connection, says numbers until it is told to go, and answers that. */
export async function rawTalker(port: number, path: string): Promise<{ readonly end: Promise<Talk> }> {
  const client = await rawOpen(port)
  await client.write(handshake({ start: `GET ${path}` }))
  const head = await client.waitFor('\r\n\r\n', 10_000)
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`no 101 but ${head}`)
  let rest: Buffer = client.bytes.subarray(head.indexOf('\r\n\r\n') + 4)
  let [said, messages, sound] = [0, 0, true]
  let closeCode: number | null = null
  const say = setInterval(() => {
    const payload = `${++said} ${MESSAGE}`
    client.socket.write(wsFrame({ opcode: 1, payload, key: KEY }))
  }, 100)
  const take = (): void => {
    const { frames, rest: left } = readWsFrames(rest)
    rest = rest.subarray(rest.length - left)
    for (const { opcode, payload } of frames) {
      if (closeCode !== null) sound = false
      else if (opcode === 8) {
        clearInterval(say)
        closeCode = payload.readUInt16BE(0)
        client.socket.write(wsClose(closeCode, KEY))
      } else if (payload.toString() !== `${++messages} ${MESSAGE}`) sound = false
    }
  }
  take()
  client.onBytes((bytes) => {
    rest = Buffer.concat([rest, bytes])
    take()
  })
  const end = client.closed.then((): Talk => {
    clearInterval(say)
    return { said, messages, sound, closeCode, torn: rest.length }
  })
  return { end }
}
