import { spawnSync } from 'node:child_process'
import { createWriteStream, writeFileSync } from 'node:fs'
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessLog, createGateway, createPool, EventHub, fileDiscovery, forward } from 'edgewise'
import { loadGateway } from 'edgewise/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../integration/client.js'
import { served } from '../integration/config/served.js'
import { gatewayOver, transports } from '../integration/front.js'
import { secure, servedName } from '../integration/tls/secure.js'
import { certificates, eventually, upstream } from '../support/index.js'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgewise-files-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** What keeps a file from being read as it was meant; done to it while it is in use. */
const FAULTS: readonly (readonly [what: string, befalls: (path: string, wanted: string) => Promise<void>])[] = [
  [
    'the disk was full while it was written',
    async (path, wanted) => {
      // A process that may write so much and no more: `ulimit -f` counts 512 bytes.
      const { signal } = spawnSync('sh', ['-c', 'ulimit -f 1; exec cat > "$0"', path], { input: wanted })
      expect(signal).toBe('SIGXFSZ')
    },
  ],
  ['there was no room for a byte of it', (path) => writeFile(path, '')],
  [
    'it cannot be opened',
    // Of root's, permissions would keep nobody out; a link to itself does (ELOOP).
    async (path) => {
      await symlink(path, `${path}.loop`)
      await rename(`${path}.loop`, path)
    },
  ],
  ['it is gone', (path) => rm(path)],
]

/** A file that is in use, and how one sees what is in force. */
interface InUse extends AsyncDisposable {
  readonly path: string
  /** A text for the file that makes `inForce` say this; longer than what goes on a full disk. */
  text(says: 'one' | 'two'): string
  inForce(): Promise<string>
  /** Events, each as `change why`. */
  readonly told: readonly string[]
}

const padding = '#'.repeat(2_000)
const sites = { one: certificates({ names: ['one'] }), two: certificates({ names: ['two'] }) }

const USES: readonly (readonly [what: string, kept: string, begin: (path: string) => Promise<InUse>])[] = [
  [
    'a configuration',
    'kept',
    async (path) => {
      const events = new EventHub()
      const told: string[] = []
      events.on('configuration', ({ change, why }) => told.push(`${change} ${why}`))
      const text = (says: string): string => `# ${padding}\nroutes:\n  - path: /**\n    respond: { body: ${says} }\n`
      await writeFile(path, text('one'))
      const edge = await served(await loadGateway(path, { watch: { settleMs: 20, intervalMs: 200 }, events }))
      const inForce = async (): Promise<string> => (await ask(edge.port)).body
      return { path, text, told, inForce, [Symbol.asyncDispose]: () => edge[Symbol.asyncDispose]() }
    },
  ],
  [
    'a list of endpoints',
    'stale',
    async (path) => {
      const far = {
        one: await upstream((_req, res) => void res.end('one')),
        two: await upstream((_req, res) => void res.end('two')),
      }
      const events = new EventHub()
      const told: string[] = []
      events.on('pool', ({ change, why }) => told.push(`${change} ${why}`))
      const text = (says: 'one' | 'two'): string => JSON.stringify([{ url: far[says].url }]).padStart(3_000)
      await writeFile(path, text('one'))
      const discovery = fileDiscovery({ path, intervalMs: 200, settleMs: 10 })
      const pool = createPool({ name: 'listed', discovery, events })
      const edge = await served(createGateway({ routes: [{ path: '/**', handler: forward({ pool }) }], events }))
      const inForce = async (): Promise<string> => (await ask(edge.port)).body
      return {
        ...{ path, text, told, inForce },
        async [Symbol.asyncDispose]() {
          await edge[Symbol.asyncDispose]()
          await pool.close()
          await Promise.all(Object.values(far).map((each) => each[Symbol.asyncDispose]()))
        },
      }
    },
  ],
  ...(['cert', 'key'] as const).map(
    (part) =>
      [
        `a ${part === 'cert' ? 'certificate' : "certificate's key"}`,
        'kept',
        async (path: string): Promise<InUse> => {
          const events = new EventHub()
          const told: string[] = []
          events.on('certificate', ({ change, why }) => told.push(`${change} ${why}`))
          // The other file of the two is always the one that fits.
          const other = `${path}.other`
          const text = (says: 'one' | 'two'): string => `${padding}\n${sites[says][part]}`
          await writeFile(path, text('one'))
          await writeFile(other, sites.one[part === 'cert' ? 'key' : 'cert'])
          const [certFile, keyFile] = part === 'cert' ? [path, other] : [other, path]
          const front = await secure({ certificates: [{ certFile, keyFile }], intervalMs: 300, events })
          return {
            ...{ path, told },
            text: (says) => {
              // Together, as who renews a certificate writes both.
              writeFileSync(other, sites[says][part === 'cert' ? 'key' : 'cert'])
              return text(says)
            },
            inForce: () => servedName(front.port, { servername: '' }),
            [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
          }
        },
      ] as const,
  ),
]

describe.each(USES)('%s in a file', (_what, kept, begin) => {
  it.each(FAULTS)(
    '%s: the last good one stays in force, it is told, and a good one is taken up',
    async (_fault, befalls) => {
      const path = join(dir, `file-${Math.random()}`)
      await using use = await begin(path)
      await eventually(async () => (await use.inForce()) === 'one')
      await befalls(path, use.text('two'))
      await eventually(() => use.told.some((each) => each.startsWith(kept)), { timeoutMs: 5_000 })
      expect(await use.inForce()).toBe('one')
      await rm(path, { force: true })
      await writeFile(path, use.text('two'))
      await eventually(async () => (await use.inForce()) === 'two', { timeoutMs: 5_000 })
    },
  )
})

describe('a full disk', () => {
  it('under the access log takes records, and no request: a fault is told', async () => {
    await using far = await upstream()
    await using front = await gatewayOver(transports[0]![1](), [far.url])
    const faults: unknown[] = []
    front.hub.on('fault', ({ error }) => faults.push(error))
    const full = createWriteStream('/dev/full')
    using _log = accessLog({ stream: full, events: front.hub })
    for (let at = 0; at < 50; at++) expect((await ask(front.port)).status).toBe(200)
    await eventually(() => faults.some((each) => String(each).includes('ENOSPC')))
    expect((await ask(front.port)).status).toBe(200)
    full.destroy()
  })
})
