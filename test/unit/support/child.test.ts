import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { child } from '../../support/child.js'
import { eventually } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { afterReplies } from '../../support/replies.js'
import { sourceLoader } from '../../support/source-loader.js'

const app = `
  import { createServer } from 'node:http'
  const server = createServer((request, response) => response.end('hi')).listen(0, '127.0.0.1', () =>
    console.log('READY ' + server.address().port))
  process.on('message', (what) => {
    if (what === 'crash') Promise.reject(new Error('unhandledRejection of mine'))
    if (what === 'warn') process.emitWarning('mind the gap')
    if (what === 'close') { server.close(); process.disconnect() }
    process.send({ did: what })
  })
`

describe('child', () => {
  it('serves, talks, and ends by itself', async () => {
    const process = await child({ code: app })
    expect((await raw(process.port, 'GET / HTTP/1.0\r\n\r\n')).text).toMatch(/hi$/)
    process.send('ping')
    await eventually(() => process.messages.length === 1)
    expect(process.messages).toEqual([{ did: 'ping' }])
    await process.healthy()
    expect(process.alive()).toBe(true)
    expect(await process.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    expect(process.alive()).toBe(false)
    await expect(process.healthy()).rejects.toThrow(/exited/)
  })

  it('is not healthy after a warning or a crash', async () => {
    await using process = await child({ code: app })
    process.send('warn')
    await eventually(() => process.stderr.includes('mind the gap'))
    await expect(process.healthy()).rejects.toThrow(/not healthy[\s\S]*mind the gap/)
    process.send('crash')
    expect(await process.exit).toMatchObject({ code: 1 })
    await expect(process.healthy()).rejects.toThrow(/unhandledRejection of mine/)
  })

  it('says why it did not start', async () => {
    await expect(child({ code: 'throw new Error("no luck")' })).rejects.toThrow(/before it was ready[\s\S]*no luck/)
    await expect(child({ code: 'setInterval(() => {}, 1000)' }, { readyTimeoutMs: 50 })).rejects.toThrow(/not ready/)
  })

  it('runs a module that imports TypeScript by its .js name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'child-'))
    const support = new URL('../../support/index.js', import.meta.url)
    const module = join(folder, 'app.mjs')
    writeFileSync(
      module,
      `import { upstream } from ${JSON.stringify(support.href.replace(/js$/, 'ts'))}
       const { port } = await upstream()
       process.send({ port, args: process.argv.slice(2) })`,
    )
    await using process = await child(pathToFileURL(module), { imports: [sourceLoader], args: ['--a', 'b'] })
    expect(process.messages).toMatchObject([{ args: ['--a', 'b'] }])
    const { text } = await raw(process.port, 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n', { until: afterReplies(1) })
    expect(text).toContain('"url":"/x"')
    await process.healthy()
    rmSync(folder, { recursive: true })
  })
})
