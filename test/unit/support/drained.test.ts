import { EventEmitter } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { sink } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'

it('is content when everything has gone', async () => {
  const gone = drained()
  const far = await sink()
  await raw(far.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', { hold: 5 })
  await far.close()
  await gone()
})

it('names sockets, servers, timers, files and listeners that are left', async () => {
  const emitter = new EventEmitter()
  const gone = drained({ emitters: { thing: emitter }, timeoutMs: 30 })
  const far = await sink()
  const client = await rawOpen(far.port)
  // Several, as a timer of the test runner's own may go meanwhile.
  const timers = Array.from({ length: 5 }, () => setTimeout(() => {}, 10_000))
  const file = openSync(import.meta.filename, 'r')
  emitter.on('error', () => {})
  const error = (await gone().catch((reason: unknown) => reason)) as Error
  expect(error.message).toMatch(/TCPSocketWrap: /)
  expect(error.message).toMatch(/TCPServerWrap: /)
  expect(error.message).toMatch(/Timeout: /)
  expect(error.message).toMatch(/listeners of thing for error: 1, was 0/)
  if (process.platform === 'linux') expect(error.message).toMatch(/open socket: .*open \/.*drained\.test\.ts: 1, was 0/)
  for (const timer of timers) clearTimeout(timer)
  emitter.removeAllListeners()
  closeSync(file)
  client.destroy()
  await far.close()
  await gone()
})
