import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startChromium } from './chromium.js'

/** A real browser (Debian's chromium) with one page, served from an origin of its own. */
export interface Browser extends AsyncDisposable {
  /** Of the page: `http://127.0.0.1:port`. */
  readonly origin: string
}

export interface Visit<T> extends Browser {
  /** What the page's script came to. Rejects if the browser ends before. */
  readonly result: Promise<T>
}

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
  const browser = await startChromium(origin)
  browser.ended.then(() => result.reject(new Error('the browser ended before its page was done')))
  return {
    origin,
    result: result.promise,
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
