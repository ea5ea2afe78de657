import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real browser (Debian's chromium) with one page, served from an origin of its own. */
export interface Browser extends AsyncDisposable {
  /** Of the page: `http://127.0.0.1:port`. */
  readonly origin: string
}

export interface Visit<T> extends Browser {
  /** What the page's script came to. Rejects if the browser ends before. */
  readonly result: Promise<T>
}

/** Whether there is a browser; a test with one is skipped elsewhere. */
export function browserInstalled(): boolean {
  return spawnSync('chromium', ['--version']).status === 0
}

/** What keeps a browser from asking anybody but the test, and from sharing anything with another one. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

/**
 * Opens a page in a browser, and lets it run a script, which may `await` and `return` a value that JSON can tell.
 *
 * @param script Made for the origin of the page.
 */
export async function visit<T>(script: (origin: string) => string): Promise<Visit<T>> {
  const result = Promise.withResolvers<T>()
  result.promise.catch(() => {})
  let origin = ''
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        response.end()
        result.resolve(JSON.parse(Buffer.concat(parts).toString()))
      })
      return
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><script type="module">
      const run = async () => { ${script(origin)} }
      const told = await run().catch((error) => String(error))
      await fetch('/result', { method: 'POST', body: JSON.stringify(told) })
    </script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-browser-'))
  const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${folder}`, '--remote-debugging-port=0', origin], {
    stdio: 'ignore',
    // Its own group: what it has started goes with it.
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    browser.once('error', () => resolve())
    browser.once('close', () => resolve())
  })
  ended.then(() => result.reject(new Error('the browser ended before its page was done')))
  const kill = (): void => killGroup(browser)
  process.once('exit', kill)
  return {
    origin,
    result: result.promise,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill)
      kill()
      await ended
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
