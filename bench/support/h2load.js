// h2load, nghttp2's load generator: as many requests as it is told, each of which must succeed.

import { once } from 'node:events'
import { LOAD_CORE, start, versionOf } from './children.js'

/** The same 80 requests at a time: on 8 connections, or, where a connection carries one, on 80. */
export const HTTP2 = ['-c', '8', '-m', '10']
export const HTTP1 = ['-c', '80', '-m', '1', '--h1']

/** Throws where it is not installed. */
export function wantH2load() {
  if (versionOf('h2load', '--version') === null) throw new Error('h2load is not installed (Debian: nghttp2-client)')
}

/**
 * Sends that many requests; how many seconds it took.
 * @param {{ name: string, port: number, load: readonly string[], requests: number }} job
 */
export async function h2load({ name, port, load, requests }) {
  const url = `http://127.0.0.1:${port}/api/items/1`
  const child = start('h2load', ['-n', String(requests), ...load, url], { core: LOAD_CORE, output: true })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  await once(child, 'close')
  const succeeded = Number(/(\d+) succeeded/.exec(text)?.[1])
  const codes = Number(/status codes: (\d+) 2xx/.exec(text)?.[1])
  if (succeeded !== requests || codes !== requests)
    throw new Error(`${name}: ${succeeded} of ${requests} succeeded, ${codes} with 2xx`)
  const [, took, unit] = /finished in ([\d.]+)(us|ms|s),/.exec(text)
  return Number(took) / { us: 1e6, ms: 1e3, s: 1 }[unit]
}
