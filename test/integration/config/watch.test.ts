import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type EdgeEvents, EventHub } from 'edgewise'
import { type LoadOptions, loadGateway } from 'edgewise/config'
import { describe, expect, it } from 'vitest'
import { drained, eventually } from '../../support/index.js'
import { ask } from '../client.js'
import { type Served, served } from './served.js'

/** A folder of its own, which goes with the test. */
async function folder(): Promise<{ readonly path: (name: string) => string } & AsyncDisposable> {
  const made = await mkdtemp(join(tmpdir(), 'edgewise-config-'))
  return {
    path: (name) => join(made, name),
    [Symbol.asyncDispose]: () => rm(made, { recursive: true, force: true }),
  }
}

const saying = (text: string): string => `routes:\n  - path: /**\n    respond: { body: ${JSON.stringify(text)} }\n`

interface Watched extends Served<Awaited<ReturnType<typeof loadGateway>>> {
  readonly told: readonly EdgeEvents['configuration'][]
  readonly reloads: () => number
  says(): Promise<string>
  /** Waits until it says so. */
  comesToSay(text: string): Promise<unknown>
}

async function watched(path: string, options: LoadOptions = {}): Promise<Watched> {
  const events = new EventHub()
  const told: EdgeEvents['configuration'][] = []
  let reloads = 0
  events.on('configuration', (event) => told.push(event))
  events.on('gateway', ({ change }) => {
    if (change === 'reloaded') reloads++
  })
  // Polling is off by its length, so that what is seen was told by the system.
  const watch = { settleMs: 20, intervalMs: 600_000 }
  const edge = await served(await loadGateway(path, { watch, events, ...options }))
  const says = async (): Promise<string> => (await ask(edge.port)).body
  return {
    ...edge,
    told,
    reloads: () => reloads,
    says,
    comesToSay: (text) => eventually(async () => (await says()) === text, { timeoutMs: 10_000 }),
    [Symbol.asyncDispose]: () => edge[Symbol.asyncDispose](),
  }
}

describe('a file that is followed', () => {
  it('is in force when it was written in place, and told of', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    expect(await edge.says()).toBe('one')
    await writeFile(path, saying('two'))
    await edge.comesToSay('two')
    await eventually(() => edge.told.length === 1)
    expect(edge.told).toEqual([{ source: path, change: 'loaded', why: 'the file changed' }])
  })

  it('is in force when another took its place, as editors do it, each time', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    for (const text of ['two', 'three', 'four']) {
      await writeFile(place.path('.edge.yaml.swp'), saying(text))
      await rename(place.path('.edge.yaml.swp'), path)
      await edge.comesToSay(text)
    }
  })

  it('is left alone while it is half written', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    await writeFile(path, '')
    await eventually(() => edge.told.length === 1, { timeoutMs: 10_000 })
    expect(edge.told[0]).toMatchObject({ change: 'kept', why: expect.stringContaining('an object with routes') })
    expect(await edge.says()).toBe('one')
    await writeFile(path, saying('two'))
    await edge.comesToSay('two')
  })

  it('is not in force while somebody goes on writing: two looks must see the same', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    const waiting: (() => void)[] = []
    let following = false
    const clock = {
      setTimeout: (run: () => void, ms: number) => {
        if (ms === 20) waiting.push(run)
        else following = true
        return null
      },
      clearTimeout: () => {},
    }
    await using edge = await watched(path, { watch: { settleMs: 20, intervalMs: 600_000, clock } })
    // Some writes are told of twice: the second time, and the look that is under way, must not fall into the next write.
    const rest = async (): Promise<void> => {
      await eventually(() => waiting.length > 0)
      await delay(50)
    }
    const passTime = async (): Promise<void> => {
      await rest()
      for (const run of waiting.splice(0)) run()
    }
    await eventually(() => following)
    await writeFile(path, saying('half'))
    await passTime()
    for (const text of ['more', 'still more', 'all']) {
      await rest()
      await writeFile(path, saying(text))
      await passTime()
    }
    // It has begun to wait again, and so has seen that something changed.
    await eventually(() => waiting.length > 0)
    expect([edge.reloads(), await edge.says()]).toEqual([0, 'one'])
    const settled = setInterval(() => {
      for (const run of waiting.splice(0)) run()
    }, 5)
    await edge.comesToSay('all').finally(() => clearInterval(settled))
    expect(edge.reloads()).toBe(1)
  })

  it('is followed through symbolic links that are swapped, as Kubernetes does with a ConfigMap', async () => {
    await using place = await folder()
    const publish = async (version: string, text: string): Promise<void> => {
      await mkdir(place.path(`..${version}`))
      await writeFile(join(place.path(`..${version}`), 'edge.yaml'), saying(text))
      await symlink(`..${version}`, place.path('..data_tmp'))
      await rename(place.path('..data_tmp'), place.path('..data'))
    }
    await publish('2026_01', 'one')
    await symlink('..data/edge.yaml', place.path('edge.yaml'))
    await using edge = await watched(place.path('edge.yaml'))
    await publish('2026_02', 'two')
    await rm(place.path('..2026_01'), { recursive: true })
    await edge.comesToSay('two')
    await publish('2026_03', 'three')
    await edge.comesToSay('three')
  })

  it('may be gone and come back; the last one stays in force meanwhile', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    await unlink(path)
    await eventually(() => edge.told.length === 1, { timeoutMs: 10_000 })
    expect(edge.told[0]).toMatchObject({ change: 'kept', why: expect.stringContaining('ENOENT') })
    expect(await edge.says()).toBe('one')
    await writeFile(path, saying('two'))
    await edge.comesToSay('two')
  })

  it('is read a few times for fifty writes in a burst, the last of which counts', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    for (let write = 1; write <= 50; write++) await writeFile(path, saying(`write ${write}`))
    await edge.comesToSay('write 50')
    expect(edge.reloads()).toBeLessThan(10)
  })

  it('is wrong: the old one stays, and the event tells where; once', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    await using edge = await watched(path)
    await writeFile(path, `${saying('two')}    filters: [{ rateLimit: { limit: many } }]\n`)
    await eventually(() => edge.told.length === 1, { timeoutMs: 10_000 })
    expect(edge.told[0]!.change).toBe('kept')
    expect(edge.told[0]!.why).toContain(
      `${path}:4:30 routes[0].filters[0].rateLimit.limit: rateLimit: option "limit" is "many"`,
    )
    expect(await edge.says()).toBe('one')
    await writeFile(path, saying('three'))
    await edge.comesToSay('three')
    expect(edge.told.map(({ change }) => change)).toEqual(['kept', 'loaded'])
  })

  it('brings the files along that it names: a secret that changes is in force, too', async () => {
    await using place = await folder()
    const [path, secret] = [place.path('edge.yaml'), place.path('secret')]
    await writeFile(secret, 'one\n')
    await writeFile(path, `routes:\n  - path: /**\n    respond: { body: "\${file:secret}" }\n`)
    await using edge = await watched(path)
    expect(await edge.says()).toBe('one')
    await writeFile(secret, 'two\n')
    await edge.comesToSay('two')
    await unlink(secret)
    await eventually(() => edge.told.at(-1)?.change === 'kept', { timeoutMs: 10_000 })
    await writeFile(secret, 'three\n')
    await edge.comesToSay('three')
  })

  it('is looked at now and then where the system does not tell of changes', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    const rings: (() => void)[] = []
    const clock = {
      setTimeout: (run: () => void, ms: number) => {
        if (ms === 777) rings.push(run)
        return ms === 777 ? null : setTimeout(run, ms)
      },
      clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
    }
    // A change that is told of only after it was asked for.
    await using edge = await watched(path, { watch: { settleMs: 10, intervalMs: 777, clock } })
    await eventually(() => rings.length > 0)
    await writeFile(path, saying('two'))
    rings.at(-1)!()
    await edge.comesToSay('two')
  })

  it('is read again when asked to, and followed no more when the gateway closes', async () => {
    await using place = await folder()
    const path = place.path('edge.yaml')
    await writeFile(path, saying('one'))
    {
      await using warm = await watched(path)
      await warm.says()
    }
    const gone = drained()
    {
      await using edge = await watched(path, { watch: false })
      await writeFile(path, saying('two'))
      expect(await edge.says()).toBe('one')
      await edge.gateway.reload()
      expect(await edge.says()).toBe('two')
      await edge.gateway.reload({ routes: [{ path: '/**', respond: { body: 'by hand' } }] })
      expect(await edge.says()).toBe('by hand')
    }
    {
      await using edge = await watched(path)
      await edge.says()
    }
    await gone()
  })
})
