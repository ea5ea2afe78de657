import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** A server that says what a real Redis can't be made to say. */
export interface RespServer extends AsyncDisposable {
  readonly port: number
  /** Commands it got, the clients' own greetings left out. */
  readonly commands: readonly string[]
  close(): Promise<void>
}

/** What clients ask for when they connect. */
const GREETING = /^(?:HELLO|CLIENT|INFO|AUTH|SELECT|COMMAND)$/
const INFO = 'redis_version:7.0.0\r\nloading:0\r\n'

/** @param answer The bytes that answer a command; `undefined` for no answer. */
export async function respServer(answer: (command: readonly string[]) => string | undefined): Promise<RespServer> {
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let parsed = parse(text); parsed !== undefined; parsed = parse(text)) {
        text = text.slice(parsed.length)
        const name = parsed.command[0]!.toUpperCase()
        if (!GREETING.test(name)) commands.push(name)
        const reply = GREETING.test(name) ? greet(name) : answer(parsed.command)
        if (reply !== undefined) socket.write(reply, 'latin1')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as { port: number }).port, commands, close, [Symbol.asyncDispose]: close }
}

function greet(name: string): string {
  if (name === 'HELLO') return '%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n'
  return name === 'INFO' ? `$${INFO.length}\r\n${INFO}\r\n` : '+OK\r\n'
}

/** The first whole command of a text, and what it took. */
function parse(text: string): { readonly command: string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (head === null) return undefined
  const command: string[] = []
  let at = head[0].length
  while (command.length < Number(head[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    if (size === null) return undefined
    const from = at + size[0].length
    at = from + Number(size[1]) + 2
    if (at > text.length) return undefined
    command.push(text.slice(from, at - 2))
  }
  return { command, length: at }
}
