import { describe, expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'
import { sink, upstream } from '../../support/index.js'
import { raw } from '../../support/raw.js'
import { rawOpen } from '../../support/raw-open.js'
import { afterReplies } from '../../support/replies.js'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

describe('raw', () => {
  it('sends bytes untouched, and tells that the connection stayed open', async () => {
    await using far = await sink()
    const result = await raw(far.port, `${GET}\xff\0`, { hold: 30 })
    expect(result.ended).toBe('open')
    expect(result.text).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(far.connections[0]?.text).toBe(`${GET}\xff\0`)
  })

  it('tells a FIN from a RST', async () => {
    await using fin = await sink(['bye', 'end'])
    await using rst = await sink(['reset'])
    expect(await raw(fin.port, GET)).toMatchObject({ text: 'bye', ended: 'closed' })
    expect(await raw(rst.port, GET)).toMatchObject({ text: '', ended: 'reset' })
  })

  it('takes steps: bytes, waits, functions, FIN', async () => {
    await using far = await sink()
    const steps = ['GET / HT', 2, Buffer.from('TP/1.1\r\nHost: x\r\n\r\n'), () => far.waitForRequests(1), 'end']
    const result = await raw(far.port, steps)
    expect(result.ended).toBe('closed')
    expect(result.text).toContain('ok')
    expect(far.connections[0]?.closed).toBe('end')
  })

  it('sends a RST', async () => {
    await using far = await sink(['stall'])
    expect(await raw(far.port, [GET, () => far.waitForRequests(1), 'rst'])).toMatchObject({ ended: 'reset' })
    await expect.poll(() => far.connections[0]?.closed).toBe('reset')
  })

  it('resolves as soon as the wanted text is there', async () => {
    await using far = await sink()
    const result = await raw(far.port, GET + GET, { until: afterReplies(2) })
    expect(result.text.match(/200 OK/g)).toHaveLength(2)
  })

  it('rejects when nobody listens, when time is up, and when a step throws', async () => {
    const far = await sink(['stall'])
    await expect(raw(far.port, GET, { until: 'never', timeoutMs: 20 })).rejects.toThrow(/after 20 ms; received ""/)
    const step = (): never => {
      throw new Error('mine')
    }
    await expect(raw(far.port, [step])).rejects.toThrow('mine')
    await far.close()
    await expect(raw(far.port, GET)).rejects.toThrow('ECONNREFUSED')
  })

  it('speaks TLS', async () => {
    await using far = await upstream(undefined, { tls: certificates() })
    const result = await raw(far.port, GET, { tls: true, until: afterReplies(1) })
    expect(result.text).toContain('200 OK')
    await expect(raw(far.port, GET, { tls: {} })).rejects.toThrow(/certificate|issuer/)
    expect(await raw(far.port, ['G', 'rst'], { tls: true })).toMatchObject({ ended: 'reset' })
    await expect.poll(() => far.connections).toBe(0)
  })
})

describe('rawOpen', () => {
  it('goes step by step', async () => {
    await using far = await sink(['one ', 1, 'two', 'end'])
    await using client = await rawOpen(far.port)
    expect(client.ended).toBe('open')
    await client.write(GET)
    expect(await client.waitFor(/one/)).toContain('one')
    expect(await client.waitFor('two')).toBe('one two')
    expect(await client.closed).toBe('closed')
    expect(client.received).toBe(7)
    await expect(client.waitFor('three')).rejects.toThrow(/closed while waiting for three; received "one two"/)
  })

  it('pauses, so that the peer meets back-pressure', async () => {
    await using far = await sink([Buffer.alloc(64 << 20), 'end'])
    await using client = await rawOpen(far.port, { keep: 10 })
    client.pause()
    await client.write(GET)
    await far.waitForRequests(1)
    await expect(client.waitFor('x', 30)).rejects.toThrow(/30 ms passed/)
    expect(client.received).toBeLessThan(1 << 20)
    client.resume()
    expect(await client.closed).toBe('closed')
    expect(client.received).toBe(64 << 20)
    expect(client.bytes.length).toBe(10)
  })
})
