import { type Child, child, eventually, type Program, sourceLoader } from '../support/index.js'
import { startControl } from './controls.js'
import type { Subject } from './subjects.js'

export interface Site {
  /** Where everything goes. */
  readonly target: string
  /** What is let through. */
  readonly prefix: string
  /** How long it waits for the upstream. */
  readonly timeoutMs: number
}

/** A running proxy, asked to serve one site a row. */
export interface Front extends AsyncDisposable {
  serve(site: Site): Promise<number>
  /** What it died of; undefined while it lives. */
  death(): string | undefined
  /** What stands on its stderr. */
  complaint(): string
}

/** Starts a proxy: on Node one process for all sites, so that a crash is seen; of NGINX and HAProxy one process a site. */
export async function startFront(subject: Subject): Promise<Front> {
  return subject.kind === 'node' ? startNode(subject.module) : startPrograms(subject.kind)
}

async function startNode(module: URL): Promise<Front> {
  const host: Child = await child(new URL('./host.ts', import.meta.url), {
    imports: [sourceLoader],
    args: [module.href],
    // Node's own defaults: a deprecation warning is no failure of a proxy.
    execArgv: ['--unhandled-rejections=throw', '--no-throw-deprecation', '--no-trace-warnings'],
    env: { NODE_ENV: 'production' },
    readyTimeoutMs: 30_000,
  })
  let asked = 0
  return {
    async serve(site) {
      const id = asked++
      host.send({ id, ...site })
      const answer = await eventually(
        () => (host.messages as { id?: number; port: number }[]).find((each) => each.id === id),
        { timeoutMs: 10_000, what: 'the proxy serves' },
      )
      return answer.port
    },
    death: () => (host.alive() ? undefined : (/^\w*(?:Error|ERR_)[^\n]*/m.exec(host.stderr)?.[0] ?? 'exited')),
    complaint: () => host.stderr,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

function startPrograms(kind: 'nginx' | 'haproxy'): Front {
  const running: Program[] = []
  return {
    async serve(site) {
      const { program, port } = await startControl(kind, site)
      running.push(program)
      return port
    },
    death: () => undefined,
    complaint: () => '',
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((each) => each.stop()))
    },
  }
}
