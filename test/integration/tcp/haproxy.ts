import { freePort } from '../../support/free-port.js'
import { program } from '../../support/program.js'

export interface Haproxy extends AsyncDisposable {
  readonly port: number
}

/** Runs a real HAProxy in TCP mode between a port of its own and `to`. */
export async function haproxy(bindOptions: string, to: number, serverOptions: string): Promise<Haproxy> {
  const port = await freePort()
  const config = `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen it
  bind 127.0.0.1:${port} ${bindOptions}
  server it 127.0.0.1:${to} ${serverOptions}
`
  const running = await program('haproxy', () => config, { port })
  return { port, [Symbol.asyncDispose]: running.stop }
}
