import { describe, expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { type Fault, faultyUpstream, SHOWS_RESETS } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { afterReplies } from '../../support/replies.js'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('faultyUpstream', () => {
  it.each<[Fault, number, object]>([
    ['reset-at', 0, { text: '', ended: 'reset' }],
    ['end-at', 0, { text: '', ended: 'closed' }],
    ['end-at', 20, { text: OK.slice(0, 20), ended: 'closed' }],
    ['stall', 0, { text: '', ended: 'open' }],
  ])('%s %i', async (kind, at, expected) => {
    await using far = await faultyUpstream(kind, { at, reply: OK })
    expect(await raw(far.port, GET, { hold: 20 })).toMatchObject(expected)
    expect(far.sink?.requests).toHaveLength(1)
  })

  it('reset-at sends its part first', async () => {
    await using far = await faultyUpstream('reset-at', { at: 20, reply: OK })
    await using client = await rawOpen(far.port)
    await client.write(GET)
    expect(await client.closed).toBe(SHOWS_RESETS ? 'reset' : 'closed')
    // A RST may overtake what the client has not read yet, so less is possible, more is not.
    expect(OK.slice(0, 20).startsWith(client.text)).toBe(true)
  })

  it('drip', async () => {
    await using far = await faultyUpstream('drip', { reply: OK, everyMs: 1 })
    let arrivals = 0
    await using client = await rawOpen(far.port)
    client.onBytes(() => {
      arrivals += 1
    })
    await client.write(GET)
    await client.waitFor(OK)
    expect(arrivals).toBeGreaterThan(OK.length / 2)
  })

  it('garbage', async () => {
    await using far = await faultyUpstream('garbage')
    expect((await raw(far.port, GET, { until: '\r\n' })).text).toBe('SSH-2.0-OpenSSH_9.2p1\r\n')
  })

  it('half-open', async () => {
    await using far = await faultyUpstream('half-open')
    for (let turn = 0; turn < 2; turn += 1) {
      await using client = await rawOpen(far.port)
      await client.write(GET)
      await client.waitFor(afterReplies(1))
      await client.write(GET)
      expect(await client.closed).toBe('reset')
    }
  })

  it('refuse', async () => {
    const gone = drained()
    const far = await faultyUpstream('refuse')
    for (let turn = 0; turn < 3; turn += 1) await expect(rawOpen(far.port)).rejects.toThrow('ECONNREFUSED')
    await far.close()
    await gone()
  })

  it.runIf(process.platform === 'linux')('blackhole', async () => {
    const far = await faultyUpstream('blackhole')
    const gone = drained()
    const outcomes = Array.from({ length: 5 }, async () => {
      const attempt = rawOpen(far.port).then(
        () => 'connected',
        (error: Error) => error.message,
      )
      return await Promise.race([attempt, new Promise((resolve) => setTimeout(resolve, 150, 'nothing'))])
    })
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('nothing'))
    await far.close()
    await gone()
    await expect(rawOpen(far.port)).rejects.toThrow('ECONNREFUSED')
  })
})
