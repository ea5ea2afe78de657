import { bytesBody, emptyBody, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Collected, collect, drink, preceded } from '../../../../src/filters/cache/collect.js'

/** A stream and what became of it. */
function stream(length?: number) {
  const log: string[] = []
  const body = new StreamBody(
    { pause: () => log.push('pause'), resume: () => log.push('resume'), cancel: () => log.push('cancel') },
    length,
  )
  return { body, log }
}
function reader(room = true) {
  let text = ''
  const log: string[] = []
  return {
    log,
    text: () => text,
    sink: {
      write(chunk: Uint8Array) {
        text += Buffer.from(chunk).toString()
        return room
      },
      end: () => log.push('end'),
      fail: (error: Error) => log.push(error.message),
    },
  }
}
const shown = (collected: Collected | null): string =>
  collected instanceof Uint8Array ? Buffer.from(collected).toString() : String(collected)

describe('collect', () => {
  it('copies what passes, in memory of its own', () => {
    let found: Collected | null = null
    const { body } = stream()
    const main = collect(body, 100, (collected) => {
      found = collected
    }) as StreamBody
    const slab = Buffer.alloc(1000, 'x')
    body.push(slab.subarray(0, 3))
    body.push(Buffer.from('end'))
    const { sink, text, log } = reader()
    main.attach(sink)
    body.end()
    expect([shown(found), text(), log]).toEqual(['xxxend', 'xxxend', ['end']])
    slab.fill('y')
    expect(shown(found)).toBe('xxxend')
    expect((found as unknown as Uint8Array).buffer.byteLength).toBe(6)
  })

  it('H-181 does not let a slow reader hold up others, up to its limit', () => {
    const { body, log } = stream()
    const others = { isAwaited: true, hurry: null }
    const main = collect(body, 10, () => {}, others) as StreamBody
    const { sink } = reader(false)
    main.attach(sink)
    body.push(Buffer.from('123456789'))
    expect(log).toEqual([])
    body.push(Buffer.from('123'))
    expect(log).toEqual(['pause'])
    main.resume()
    expect(log).toEqual(['pause', 'resume'])
  })

  it('H-182 goes at its reader’s pace while nobody waits, and faster from the moment somebody does', () => {
    const { body, log } = stream()
    const others = { isAwaited: false, hurry: null as (() => void) | null }
    const main = collect(body, 100, () => {}, others) as StreamBody
    main.attach(reader(false).sink)
    body.push(Buffer.from('1'))
    expect(log).toEqual(['pause'])
    others.isAwaited = true
    others.hurry?.()
    body.push(Buffer.from('2'))
    expect(log).toEqual(['pause', 'resume'])
  })

  it.each([
    ['too large', 5, undefined, 'too large'],
    ['shorter than it says', 100, 9, 'broken'],
  ])('H-180 H-182 keeps nothing of what is %s', (_, limit, length, what) => {
    const found: string[] = []
    const { body } = stream(length)
    const main = collect(body, limit, (collected) => found.push(shown(collected))) as StreamBody
    const { sink, text } = reader()
    main.attach(sink)
    body.push(Buffer.from('123456'))
    body.end()
    expect([found, text()]).toEqual([[what], '123456'])
  })

  it('H-180 keeps nothing of what fails or is given up, and lets go of its source', () => {
    const found: string[] = []
    const failing = stream()
    const one = reader()
    ;(collect(failing.body, 9, (collected) => found.push(shown(collected))) as StreamBody).attach(one.sink)
    failing.body.push(Buffer.from('12'))
    failing.body.fail(new Error('cut'))
    const left = stream()
    ;(collect(left.body, 9, (collected) => found.push(shown(collected))) as StreamBody).cancel(new Error('gone'))
    expect([found, one.log, left.log]).toEqual([['broken', 'broken'], ['cut'], ['cancel']])
  })

  it('copies a value at once, unless it is too large', () => {
    const found: string[] = []
    const value = bytesBody(Buffer.from('value'))
    expect(collect(value, 9, (collected) => found.push(shown(collected)))).toBe(value)
    collect(value, 4, (collected) => found.push(shown(collected)))
    expect(collect(emptyBody, 9, (collected) => found.push(shown(collected)))).toBe(emptyBody)
    expect(found).toEqual(['value', 'too large', ''])
  })

  it('can be read for its copy alone', () => {
    const found: string[] = []
    const { body } = stream()
    drink(body, 9, (collected) => found.push(shown(collected)))
    body.push(Buffer.from('all'))
    body.end()
    expect(found).toEqual(['all'])
  })
})

describe('preceded', () => {
  it('puts bytes in front of a stream, with what the source and the reader do passed on', () => {
    const { body, log } = stream()
    const whole = preceded(Buffer.from('start '), body, 9)
    const { sink, text } = reader(false)
    whole.attach(sink)
    body.push(Buffer.from('end'))
    whole.resume()
    body.end()
    expect([whole.length, text(), log]).toEqual([9, 'start end', ['pause', 'resume']])
    const other = stream()
    preceded(Buffer.from('x'), other.body, 9).cancel(new Error('gone'))
    expect(other.log).toEqual(['cancel'])
  })

  it('puts bytes in front of a value', () => {
    const { sink, text, log } = reader()
    preceded(Buffer.from('a'), bytesBody('b'), 2).attach(sink)
    expect([text(), log]).toEqual(['ab', ['end']])
  })
})
