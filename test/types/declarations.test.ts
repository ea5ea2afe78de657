import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root, scratch, tsc } from './tsc.js'

/** What users of the package write, and export: its types go into declarations of theirs. */
const uses = `
import {
  anyOf, apiKey, authenticator, clientCertificate, compose, createGateway, defineFilter, type Exchange, forward, forwardAuth, jwt, optional,
  principalOf, reply,
} from 'edgewise'
export const timing = defineFilter({ filterName: 'timing' }, async (exchange, next) => next(exchange))
export const byId = defineFilter({ filterName: 'byId' }, async ({ params }: Exchange<{ id: string }>) => reply(200, params.id))
export const handler = compose(timing, byId, forward('http://127.0.0.1:1'))
export const gateway = createGateway({ routes: [{ path: '/users/:id', handler }] })
export const params = (exchange: Exchange) => exchange.params
export const changed = (exchange: Exchange) => exchange.with({ method: 'PUT' })
export const who = (exchange: Exchange) => principalOf(exchange)
export const tokens = jwt<{ tenant: string }>({ jwksUri: 'https://login.example.com/jwks.json' })
export const session = authenticator({ name: 'session', verify: async () => ({ id: 'ada', claims: { floor: 3 } }) })
export const certificates = clientCertificate()
export const asked = forwardAuth({ url: 'http://127.0.0.1:1', requestHeaders: ['x-user'] })
export const known = optional(anyOf(tokens, session, certificates, asked, apiKey({ keys: { key: { id: 'acme' } } })))
export const whom = (exchange: Exchange) => principalOf(exchange, known)
export const tenant = (exchange: Exchange) => principalOf(exchange, tokens)
`

describe('the declarations', () => {
  const folder = scratch()
  const installed = join(folder.path, 'node_modules', 'edgewise')
  const manifest: { exports: Record<string, string | { types: string }> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const modules = Object.entries(manifest.exports).flatMap(([subpath, to]) =>
    typeof to === 'string' ? [] : [[subpath.replace('.', 'edgewise'), join(installed, to.types)] as const],
  )

  beforeAll(async () => {
    mkdirSync(installed, { recursive: true })
    folder.write('node_modules/edgewise/package.json', JSON.stringify(manifest))
    expect(await tsc('-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist'))).toBe('')
    return () => folder[Symbol.dispose]()
  }, 60_000)

  it.each(modules)('of %s say what each function and class is for, where an editor shows it', async (name, path) => {
    const documented = exported(path)
    const names = Object.keys(await import(name))
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((each) => documented.get(each) !== true)).toEqual([])
  })

  it('name in those of others nothing but what the package gives', async () => {
    folder.write('package.json', '{ "type": "module" }')
    folder.write('uses.ts', uses)
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2024', lib: ['es2024', 'esnext.disposable'], types: ['node'] },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
      ...{ declaration: true, emitDeclarationOnly: true, outDir: 'out' },
    }
    folder.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['uses.ts'] }))
    expect(await tsc('-p', folder.path)).toBe('')
    const text = readFileSync(join(folder.path, 'out', 'uses.d.ts'), 'utf8')
    expect(text).toContain('Handler<{')
    const named = [...text.matchAll(/(?:from |import\()["']([^"']+)/g)].map(([, name]) => name)
    expect([...new Set(named)]).toEqual(['edgewise'])
  }, 60_000)
})

/** What a module declares to export, and whether a comment stands right before it, or before each of its overloads. */
function exported(path: string): ReadonlyMap<string, boolean> {
  const text = readFileSync(path, 'utf8')
  const found = new Map<string, boolean>()
  for (const [, names, whole, to] of text.matchAll(/^export (\*(?: as (\w+))?|\{[^}]*\}) from '([^']+)\.js';$/gm)) {
    const there = exported(join(dirname(path), `${to}.d.ts`))
    if (whole !== undefined) found.set(whole, ![...there.values()].includes(false))
    for (const [name, documented] of there)
      if (names === '*' || names!.match(/\w+/g)?.includes(name)) found.set(name, documented)
  }
  for (const [, before, name] of text.matchAll(
    /(\*\/\n)?^export declare (?:abstract )?(?:function|class|const) (\w+)/gm,
  ))
    found.set(name!, before !== undefined && found.get(name!) !== false)
  return found
}
