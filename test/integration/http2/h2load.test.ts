import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'
import { http2Front } from './front.js'

const installed = spawnSync('h2load', ['--version']).status === 0

/** Runs h2load with its arguments; what it printed. */
async function h2load(...args: readonly string[]): Promise<string> {
  const child = spawn('h2load', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(child, 'close')
  return text
}

/** What is uploaded: a file that is there. */
const file = import.meta.filename

describe.skipIf(!installed)('h2load', () => {
  it.each([
    { load: 'one request at a time', args: ['-n', '200', '-c', '1', '-m', '1'], count: 200 },
    { load: 'many connections, few streams', args: ['-n', '3000', '-c', '50', '-m', '2'], count: 3_000 },
    { load: 'few connections, many streams', args: ['-n', '3000', '-c', '4', '-m', '50'], count: 3_000 },
    { load: 'HTTP/1.1 beside it', args: ['-n', '1000', '-c', '10', '--h1'], count: 1_000 },
  ])('has every request answered: $load', async ({ args, count }) => {
    await using far = await upstream((_request, response) => response.end('x'.repeat(2_000)), { record: false })
    const h1 = args.includes('--h1')
    await using front = await http2Front(far.url, { serves: h1 ? 'h1' : 'h2c' })
    const text = await h2load(...args, `http://127.0.0.1:${front.port}/x`)
    expect(text).toContain(`${count} succeeded, 0 failed, 0 errored, 0 timeout`)
    expect(text).toContain(`status codes: ${count} 2xx`)
    expect(far.hits).toBe(count)
    await front.atRest()
  })

  it('and its uploads come through whole, over TLS', async () => {
    const sizes: number[] = []
    await using far = await upstream(
      (request, response) => {
        let size = 0
        request.on('data', (part: Buffer) => {
          size += part.length
        })
        request.on('end', () => {
          sizes.push(size)
          response.end('done')
        })
      },
      { record: false },
    )
    await using front = await http2Front(far.url, { serves: 'tls' })
    const text = await h2load('-n', '400', '-c', '4', '-m', '20', '-d', file, `https://127.0.0.1:${front.port}/x`)
    expect(text).toContain('400 succeeded, 0 failed')
    expect(sizes).toEqual(Array.from({ length: 400 }, () => statSync(file).size))
    await front.atRest()
  })
})
