import { builtinModules } from 'node:module'
import { describe, expect, it } from 'vitest'
import { type Import, importsOf, sources } from './sources.js'

/** What everybody may know: the words of the library, with nothing behind them. */
const LEAVES: ReadonlySet<string> = new Set(
  'errors options body chunk-memory cancel outcome exchange reply filter events body-tools body-through null-object tunnels problem load-package mounted-bare pages whole-body shutdown-report verdict node-exchange exchange-state write-together'
    .split(' ')
    .map((name) => `${name}.ts`),
)

/** Imports flow from later to earlier only. */
const ORDER: readonly (readonly string[])[] = [
  ['leaf', 'http'],
  ['upstream', 'balancing', 'limiting'],
  ['health', 'forwarding', 'filters', 'routing', 'tcp'],
  ['redis', 'observing'],
  ['top'],
  ['serving'],
  ['adapters', 'config', 'testing'],
  ['compat'],
]

/** Neighbours that may know each other: leaves speak of HTTP and it of them, and a pool holds a balancer. */
const NEIGHBOURS: ReadonlySet<string> = new Set([
  'leaf → http',
  'http → leaf',
  'upstream → balancing',
  'filters → forwarding',
  'filters → routing',
  'forwarding → routing',
])

const FRAMEWORKS = /^(?:express|koa|hono|fastify|@hono\/.*|@fastify\/.*|fastify-plugin)(?:\/|$)/

function areaOf(path: string): string {
  const [area, rest] = path.split('/')
  return rest !== undefined ? area! : LEAVES.has(path) ? 'leaf' : 'top'
}

const rankOf = (area: string): number => ORDER.findIndex((areas) => areas.includes(area))

/** What is wrong with an import; `undefined` if nothing is. */
function breach({ from, to, external, typeOnly }: Import): string | undefined {
  const [here, there] = [areaOf(from), areaOf(to)]
  const shown = `${from} imports ${to}`
  if (external) {
    if (FRAMEWORKS.test(to) && here !== 'adapters') return `${shown}: a framework outside adapters/`
    if (
      here === 'http' &&
      !typeOnly &&
      builtinModules.includes(to.replace(/^node:/, '')) &&
      !/^(?:node:)?(?:url|util)$/.test(to)
    )
      return `${shown}: I/O in http/`
    return undefined
  }
  // The public surface shows everything.
  if (from === 'index.ts') return undefined
  if (to === 'index.ts') return `${shown}: the public surface is for users`
  if (rankOf(here) === -1 || rankOf(there) === -1) return `${shown}: an area that the house does not have`
  if (here === there || rankOf(there) < rankOf(here) || NEIGHBOURS.has(`${here} → ${there}`)) return undefined
  return `${shown}: ${here} must not know ${there}`
}

describe('imports', () => {
  it('flow one way: http ← upstream, balancing, limiting ← health, forwarding, filters ← gateway ← serving ← adapters', () => {
    expect(sources.flatMap(({ imports }) => imports.map(breach)).filter((each) => each !== undefined)).toEqual([])
  })

  it('are all seen: every file but those without any has some', () => {
    const all = sources.flatMap(({ imports }) => imports)
    expect(sources.length).toBeGreaterThan(50)
    expect(all.length).toBeGreaterThan(200)
    const known = new Set(sources.map(({ path }) => path))
    expect(all.filter(({ external, to }) => !external && !known.has(to))).toEqual([])
  })

  it.each([
    ['http/target.ts', "import { Endpoint } from '../upstream/endpoint.js'", 'http must not know upstream'],
    ['http/target.ts', "import type {\n  A,\n  B,\n} from '../upstream/endpoint.js'", 'http must not know upstream'],
    ['http/target.ts', "import net from 'node:net'", 'I/O in http/'],
    ['http/target.ts', "import type { Socket } from 'node:net'", undefined],
    ['http/target.ts', "import { type Socket } from 'node:net'", undefined],
    ['upstream/pool.ts', "export { httpProbe } from '../health/probes.js'", 'upstream must not know health'],
    ['forwarding/forward.ts', "const later = import('../gateway.js')", 'forwarding must not know top'],
    ['gateway.ts', "import { Service } from './serving/serve.js'", 'top must not know serving'],
    ['serving/serve.ts', "import '../adapters/node.js'", 'serving must not know adapters'],
    ['serving/serve.ts', "import type { Context } from 'hono'", 'a framework outside adapters/'],
    ['errors.ts', "import { createPool } from './pool.js'", 'leaf must not know top'],
    ['serving/serve.ts', "import { createPool } from '../index.js'", 'the public surface is for users'],
    ['misc/x.ts', "import { EdgeError } from '../errors.js'", 'an area that the house does not have'],
    ['adapters/hono.ts', "import type { Context } from 'hono'", undefined],
  ])('in %s: %j would be judged rightly', (path, code, problem) => {
    const [found] = importsOf(path, code).map(breach)
    if (problem === undefined) expect(found).toBeUndefined()
    else expect(found).toContain(problem)
  })
})
