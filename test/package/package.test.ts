import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consumer } from './consumer.js'
import { type Packed, pack, tool } from './packed.js'

const SIZES = new URL('sizes.json', import.meta.url)
/** So that its exit code is good: the test looks at what they leave out. */
const ATTW_LETS_PASS = ['--ignore-rules', 'cjs-resolves-to-esm']

/** What attw says, as far as it is looked at. */
interface Analysis {
  readonly entrypoints: Readonly<Record<string, unknown>>
  readonly problems: readonly { readonly kind: string; readonly entrypoint: string; readonly resolutionKind: string }[]
}

interface Sizes {
  readonly tarball: { packed: number; readonly kinds: Record<string, number> }
  readonly imports: Record<string, { kib: number; packages: string[]; folders: Record<string, number> }>
}

const ADAPTERS = { node: 'toNode', express: 'toExpress', koa: 'toKoa', hono: 'toHono', fastify: 'toFastify' }

describe('the packed tarball', () => {
  let packed: Packed

  beforeAll(async () => {
    packed = await pack()
  }, 90_000)

  afterAll(async () => {
    await packed?.[Symbol.asyncDispose]()
  })

  it('has every file that exports promises', () => {
    const { exports } = packed.manifest
    expect(Object.keys(exports)).toEqual(expect.arrayContaining(['.', './config.schema.json', './package.json']))
    for (const target of Object.values(exports)) {
      for (const path of typeof target === 'string' ? [target] : Object.values(target))
        expect(existsSync(join(packed.folder, path)), path).toBe(true)
    }
  })

  it('has nothing but the build and the pages that belong to it', async () => {
    const top = (await readdir(packed.folder)).sort()
    const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md']
    expect(top).toEqual([...pages, 'config.schema.json', 'dist', 'package.json'])
    const files = (await readdir(packed.folder, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    )
    const inDist = files.filter((file) => file.parentPath.startsWith(join(packed.folder, 'dist')))
    expect(inDist.filter(({ name }) => !/\.js$|\.d\.ts$/.test(name)).map(({ name }) => name)).toEqual([])
  })

  it('takes of Node only what it names: an import reads, and loads, all that a module exports', async () => {
    const files = await readdir(join(packed.folder, 'dist'), { recursive: true })
    const texts = await Promise.all(
      files.filter((name) => name.endsWith('.js')).map((name) => readFile(join(packed.folder, 'dist', name), 'utf8')),
    )
    expect(texts.some((text) => text.includes('process.getBuiltinModule("node:http")'))).toBe(true)
    expect(texts.filter((text) => /\b(?:from|import) ?["']node:/.test(text))).toEqual([])
  })

  it('H-204 holds no path of the machine that made it, no key, no map, and nothing that can be run or that is hidden', async () => {
    const files = (await readdir(packed.folder, { recursive: true, withFileTypes: true })).filter(
      (file) => !file.isDirectory(),
    )
    const found: string[] = []
    for (const file of files) {
      const path = join(file.parentPath, file.name)
      const { mode } = await stat(path)
      if (!file.isFile() || file.name.startsWith('.') || (mode & 0o111) !== 0) found.push(`${file.name}: kind or mode`)
      const text = await readFile(path, 'utf8')
      if (text.includes(process.cwd()) || text.includes(packed.source)) found.push(`${file.name}: a path`)
      if (/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{40}/.test(text)) found.push(`${file.name}: a key`)
      if (/^\/\/[#@] sourceMappingURL=/m.test(text)) found.push(`${file.name}: a map`)
    }
    expect(found).toEqual([])
  })

  it('has declarations for each subpath, all that they name included and no others, and nothing that is for benchmarks', async () => {
    const names = (await readdir(packed.folder, { recursive: true })).filter((name) => name.startsWith('dist/'))
    expect(names.filter((name) => /inside|metafile/.test(name))).toEqual([])
    const targets = Object.values(packed.manifest.exports).filter((target) => typeof target !== 'string')
    const named = new Set(targets.map(({ types }) => join(types)))
    const there = names.filter((name) => name.endsWith('.d.ts'))
    for (const name of there) {
      const text = await readFile(join(packed.folder, name), 'utf8')
      for (const [, to] of text.matchAll(/(?:\bfrom |\bimport |\bimport\()'(\.[^']+)\.js'/g))
        named.add(join(dirname(name), `${to}.d.ts`))
    }
    expect(there.toSorted()).toEqual([...named].toSorted())
  })

  it.each(Object.entries(ADAPTERS))('gives edgewise/%s by import and by require', async (subpath, name) => {
    const project = await packed.project(Object.keys(packed.manifest.peerDependencies))
    const print = `console.log(typeof adapter.${name})`
    expect(await project.run(`import * as adapter from 'edgewise/${subpath}'; ${print}`, 'module')).toBe('function')
    expect(await project.run(`const adapter = require('edgewise/${subpath}'); ${print}`, 'commonjs')).toBe('function')
  })

  it('is the same library by import and by require', async () => {
    const project = await packed.project()
    const code = `
      import { createRequire } from 'node:module'
      import * as imported from 'edgewise'
      const required = createRequire(process.cwd() + '/')('edgewise')
      console.log(imported.EdgeError === required.EdgeError && typeof required.createGateway)`
    expect(await project.run(code, 'module')).toBe('function')
    expect(await project.run(`console.log(typeof require('edgewise').forward)`, 'commonjs')).toBe('function')
  })

  it('gives its version by edgewise/package.json', async () => {
    const project = await packed.project()
    const code = `console.log(require('edgewise/package.json').name)`
    expect(await project.run(code, 'commonjs')).toBe('edgewise')
  })

  it.each([
    ['express', 'toExpress'],
    ['koa', 'toKoa'],
    ['fastify', 'toFastify'],
    ['node', 'toNode'],
  ])('edgewise/%s loads without the framework: the application brings it', async (subpath, name) => {
    const project = await packed.project()
    const code = `import { ${name} } from 'edgewise/${subpath}'; console.log(typeof ${name})`
    expect(await project.run(code, 'module')).toBe('function')
  })

  it('edgewise/redis loads without a client package: the application brings its client', async () => {
    const project = await packed.project()
    const print = `console.log(typeof redis.redisConnection, typeof redis.redisStore)`
    const both = 'function function'
    expect(await project.run(`import * as redis from 'edgewise/redis'; ${print}`, 'module')).toBe(both)
    expect(await project.run(`const redis = require('edgewise/redis'); ${print}`, 'commonjs')).toBe(both)
  })

  it.each([
    ['compat', 'createProxyMiddleware', 'responseInterceptor'],
    ['config', 'loadGateway', 'fromKong'],
    ['tcp', 'createTcpBalancer', 'acceptProxyProtocol'],
    ['testing', 'testExchange', 'upstream'],
  ])('edgewise/%s loads by import and by require', async (subpath, ...names) => {
    const project = await packed.project()
    const print = `console.log(${names.map((name) => `typeof all.${name}`).join(', ')})`
    const both = 'function function'
    expect(await project.run(`import * as all from 'edgewise/${subpath}'; ${print}`, 'module')).toBe(both)
    expect(await project.run(`const all = require('edgewise/${subpath}'); ${print}`, 'commonjs')).toBe(both)
  })

  it('gives the schema of configuration files, and reads one', async () => {
    const project = await packed.project()
    await project.write('edge.yaml', 'routes: [{ path: /**, respond: { status: 204 } }]\n')
    const code = `
      import { readFileSync } from 'node:fs'
      import { loadGateway } from 'edgewise/config'
      const schema = JSON.parse(readFileSync(new URL(import.meta.resolve('edgewise/config.schema.json'))))
      const gateway = await loadGateway('edge.yaml')
      console.log(typeof schema.definitions, gateway.routes.length)
      await gateway.close()`
    expect(await project.run(code, 'module')).toBe('object 1')
  })

  it('loads no framework with the core, and http-proxy-3 and undici only at their first use', async () => {
    const project = await packed.project(Object.keys(packed.manifest.peerDependencies))
    const seen = JSON.parse(await project.run(lazyLoading, 'module')) as Record<string, string[]>
    const peers = Object.keys(packed.manifest.peerDependencies)
    expect(seen['imported']).toContain('picomatch')
    expect(seen['used']).not.toContain('undici')
    expect(seen['imported']!.filter((name) => peers.includes(name))).toEqual([])
    expect(seen['imported']).not.toContain('http-proxy-3')
    expect(seen['forwarded']).not.toContain('http-proxy-3')
    expect(seen['used']).toContain('http-proxy-3')
  })

  it('is imported in few files, and without what Node loads for its own fetch, for clusters and for its heap', async () => {
    const project = await packed.project()
    const code = `
      import { registerHooks } from 'node:module'
      let files = 0
      registerHooks({ load: (url, context, next) => { files++; return next(url, context) } })
      await import('edgewise')
      const slow = ['internal/deps/undici/undici', 'internal/crypto/webcrypto', 'cluster', 'child_process', 'v8']
      const loaded = slow.filter((name) => process.moduleLoadList.includes('NativeModule ' + name))
      console.log(JSON.stringify({ files, loaded }))`
    const { files, loaded } = JSON.parse(await project.run(code, 'module')) as { files: number; loaded: string[] }
    expect(loaded).toEqual([])
    expect(files).toBeLessThan(60)
  })

  it('type-checks in a strict project under nodenext', async () => {
    const types = ['@types/node', '@types/express', '@types/koa', 'typescript']
    const project = await packed.project([...Object.keys(packed.manifest.peerDependencies), ...types])
    await project.write('consumer.ts', consumer)
    const options = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      noEmit: true,
      skipLibCheck: true,
    }
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }))
    expect(await tool('tsc', ['--version'])).toMatch(/^Version 7\./)
    expect(await tool('tsc', ['-p', project.folder, '--pretty', 'false'], project.folder)).toBe('')
  })

  it('throws what can be read: Node prints the line of code first, and all of a file that has no lines', async () => {
    const project = await packed.project()
    const wrong = "import { createPool } from 'edgewise'; createPool({ name: 'users', endpoint: [] })"
    const said = await project.run(wrong, 'module').catch((error: { stderr: string }) => error.stderr)
    expect(said).toContain('unknown option "endpoint". Did you mean "endpoints"?')
    expect(said.length).toBeLessThan(3_000)
  })

  it('pleases publint', async () => {
    expect(await tool('publint', [packed.tarball, '--strict'])).toMatch(/All good/)
  })

  it('pleases attw in every way to resolve a subpath, but for the two that ESM only leaves out', async () => {
    // Its strictest profile, with its verdicts compared one by one: what is left out here would be left out for all.
    const { exports } = packed.manifest
    const code = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'))
    const printed = await tool('attw', [packed.tarball, '--format', 'json', '--profile', 'node16', ...ATTW_LETS_PASS])
    const { analysis } = JSON.parse(printed) as { analysis: Analysis }
    expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(exports))
    const found = analysis.problems.map(({ kind, entrypoint, resolutionKind }) =>
      [kind, resolutionKind, entrypoint].join(' '),
    )
    expect(found.toSorted()).toEqual(
      [
        // `moduleResolution: node10` knows no `exports`, so no subpath; TypeScript 7 does not have it any more.
        ...code.map((subpath) => `NoResolution node10 ${subpath}`),
        // Right for Node before 22.12. On every version that we support, `require()` gets the same modules (above).
        ...code.map((subpath) => `CJSResolvesToESM node16-cjs ${subpath}`),
      ].toSorted(),
    )
  })

  it('and every import stay within their budgets: test/package/sizes.json', async () => {
    expect(await packed.script('scripts/sizes.js')).toContain('sizes: all within their budgets')
  })

  it('that is over a budget is told: which, by how much, and what of it has grown', async () => {
    const table = JSON.parse(await readFile(SIZES, 'utf8')) as Sizes
    const tcp = table.imports['edgewise/tcp']!
    table.tarball.packed = 100
    table.tarball.kinds['code']! -= 30
    table.imports['edgewise/tcp'] = { ...tcp, kib: 10, packages: [], folders: { ...tcp.folders, tcp: 0 } }
    table.imports['edgewise/gone'] = tcp
    delete table.imports['edgewise/redis']
    const project = await packed.project()
    const path = await project.write('sizes.json', JSON.stringify(table))
    await expect(packed.script('scripts/sizes.js', ['--table', path])).rejects.toThrow(
      new RegExp(
        [
          // Whatever else has grown since the table was written is told, too.
          String.raw`the tarball, packed, is [\d.]+ KiB, and may be 110 \(it was 100\): .*\bcode \+\d+\.\d.*`,
          String.raw`edgewise/tcp is [\d.]+ KiB, and may be 11 \(it was 10\): .*\btcp \+\d\.\d.*`,
          'edgewise/tcp loads ipaddr.js, too: it had 0 packages',
          'edgewise/tcp loads lru-cache, too: it had 0 packages',
          'edgewise/redis has no budget',
          "edgewise/gone has a budget and can't be imported",
        ].join('\\n'),
      ),
    )
  })
})

/** Prints which packages were loaded by the import, by a request, and by a request over http-proxy-3. */
const lazyLoading = `
  import http from 'node:http'
  import { once } from 'node:events'
  import { registerHooks } from 'node:module'
  const loaded = new Set()
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const name = found.url.match(/.*[/]node_modules[/]((?:@[^/]+[/])?[^/]+)/)?.[1]
      if (name) loaded.add(name)
      return found
    },
  })
  const { forward, createPool, httpProxy } = await import('edgewise')
  const { toNode } = await import('edgewise/node')
  const seen = { imported: [...loaded] }
  const upstream = http.createServer((req, res) => res.end('ok')).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const pool = createPool({ name: 'one', endpoints: ['http://127.0.0.1:' + upstream.address().port] })
  const ask = async (handler) => {
    const server = http.createServer(toNode(handler)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const reply = await fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } })
    if ((await reply.text()) !== 'ok') throw new Error('status ' + reply.status)
    server.close()
    return [...loaded]
  }
  seen.forwarded = await ask(forward({ pool }))
  seen.used = await ask(forward({ pool, transport: httpProxy() }))
  await pool.close()
  upstream.close()
  console.log(JSON.stringify(seen))`
