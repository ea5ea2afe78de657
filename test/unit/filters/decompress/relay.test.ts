import { bytes, bytesBody, emptyBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { relay } from '../../../../src/filters/decompress/relay.js'
import { Basin, Feed, turn } from '../../feed.js'
import { text } from '../coding-kit.js'

const CONTENT = text(1 << 20)

describe('relay', () => {
  it.each(['bytes', 'stream', 'empty'] as const)('hands on what its step pushes (%s)', async (kind) => {
    const body = kind === 'empty' ? emptyBody : kind === 'bytes' ? bytesBody(CONTENT) : new Feed(CONTENT).body
    const twice = relay(body, (chunk, out) => {
      out.push(chunk)
      return out.push(chunk)
    })
    expect(await bytes(twice, 4 << 20)).toHaveLength(kind === 'empty' ? 0 : 2 * CONTENT.length)
  })

  it('passes back-pressure, failures and cancellation on', async () => {
    const held = new Feed(CONTENT)
    relay(held.body, (chunk, out) => out.push(chunk)).attach(new Basin(() => false))
    await turn()
    expect(held.sent).toBeLessThan(100_000)

    const dying = new Feed(CONTENT, { failAt: 50_000 })
    await expect(
      bytes(
        relay(dying.body, (chunk, out) => out.push(chunk)),
        4 << 20,
      ),
    ).rejects.toBe(dying.error)

    const left = new Feed(CONTENT)
    const reason = new Error('enough')
    relay(left.body, (chunk, out) => out.push(chunk)).cancel(reason)
    expect(left.cancelled).toEqual([reason])
  })

  it('a step that fails the stream lets the body go', async () => {
    const feed = new Feed(CONTENT, { slow: true })
    const basin = new Basin()
    const wrong = new Error('wrong')
    relay(feed.body, (_chunk, out) => {
      out.fail(wrong)
      return false
    }).attach(basin)
    expect(await basin.over).toBe(wrong)
    expect(feed.cancelled).toEqual([wrong])
  })
})
