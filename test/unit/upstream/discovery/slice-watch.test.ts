import { describe, expect, it } from 'vitest'
import type { EndpointSlice } from '../../../../src/upstream/discovery/endpoint-slices.js'
import { type KubernetesWatch, SliceWatch } from '../../../../src/upstream/discovery/slice-watch.js'

type Open = Parameters<SliceWatch['start']>[0]
const { signal } = new AbortController()
const slice = (name: string, resourceVersion: string): EndpointSlice => ({
  addressType: 'IPv4',
  endpoints: [],
  metadata: { name, resourceVersion },
})

/** A watch, opened, with what its client can tell it. */
function opened(request: Promise<{ abort(): void }> = Promise.resolve({ abort() {} })) {
  const slices = new Map<string, EndpointSlice>()
  const watching = new SliceWatch(slices, '5')
  let told: Parameters<Open> | undefined
  const started = watching.start((...both) => {
    told = both
    return request
  })
  const [each, done] = told! as [Parameters<KubernetesWatch['watch']>[2], (error: unknown) => void]
  return { slices, watching, each, done, started }
}

describe('one watch of slices', () => {
  it('tells all changes since the last look at once, and then that it has ended', async () => {
    const { slices, watching, each, done, started } = opened()
    await started
    each('ADDED', slice('a', '6'))
    each('MODIFIED', slice('b', '7'))
    each('DELETED', slice('a', '8'))
    each('BOOKMARK', { addressType: '', metadata: { resourceVersion: '20' } })
    done(null)
    expect(await watching.changed(signal)).toBe(true)
    expect(await watching.changed(signal)).toBe(false)
    expect([[...slices.keys()], watching.version]).toEqual([['b'], '20'])
  })

  it('fails when it never came about, however that is told, and only ends when it breaks off later', async () => {
    const refused = opened(Promise.reject(new Error('no cluster')))
    await expect(refused.watching.changed(signal)).rejects.toThrow('no cluster')
    const told = opened()
    told.done(new Error('403'))
    await expect(told.watching.changed(signal)).rejects.toThrow('403')
    const broken = opened()
    await broken.started
    broken.done(new Error('terminated'))
    expect(await broken.watching.changed(signal)).toBe(false)
    expect(broken.watching.version).toBe('5')
  })

  it('has no version to go on from once that is gone', async () => {
    const event = opened()
    event.each('ERROR', { ...slice('', ''), code: 410 })
    expect(await event.watching.changed(signal)).toBe(false)
    const status = opened()
    status.done(Object.assign(new Error('Gone'), { statusCode: 410 }))
    expect(await status.watching.changed(signal)).toBe(false)
    expect([event.watching.version, status.watching.version]).toEqual([undefined, undefined])
  })

  it('aborts its request when closed, also one that comes only then, and hears nothing more', async () => {
    let aborted = 0
    const late = Promise.withResolvers<{ abort(): void }>()
    const { slices, watching, each, started } = opened(late.promise)
    watching.close()
    late.resolve({ abort: () => void aborted++ })
    await started
    each('ADDED', slice('a', '6'))
    expect([aborted, slices.size]).toEqual([1, 0])
  })
})
