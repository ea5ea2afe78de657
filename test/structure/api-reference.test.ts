import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = new URL('../../scripts/api-reference.js', import.meta.url).pathname
const root = mkdtempSync(join(tmpdir(), 'api-reference-'))
afterAll(() => rmSync(root, { recursive: true }))

const GUIDE = `# Pools

<!-- options: PoolOptions -->
whatever stood here
<!-- end options -->

<!-- options: PoolOptions own -->
<!-- end options -->

<!-- options: PoolOptions only name -->
<!-- end options -->

<!-- options: PoolOptions without Named -->
<!-- end options -->

<!-- options: Either -->
<!-- end options -->
`

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'pkg',
    exports: {
      '.': { default: './dist/index.js' },
      './redis': { default: './dist/redis/index.js' },
      './package.json': './package.json',
    },
  }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2024', types: [], strict: true },
  }),
  'src/index.ts':
    "export * from './pool.js'\nexport type { Reply } from './reply.js'\nexport { type Reply as Answer } from './reply.js'",
  'src/reply.ts': '/** What goes back. */\nexport interface Reply { readonly status: number }',
  'src/redis/index.ts': `
import { createPool } from '../pool.js'
export type { Reply } from '../reply.js'
/** Keeps {@link Pool} and {@link createPool}, a {@link Hidden} one and {@link Pool.close | its end}. */
export const store: typeof createPool = createPool`,
  'src/pool.ts': `
import type { Reply } from './reply.js'
interface Hidden { readonly deep: number }
export interface Named {
  /** In events. */
  readonly name: string
}
/** One or the other. */
export type Mode = 'hard' | 'soft'
/** How many wait. */
export interface QueueOptions { readonly limit?: number | undefined }
export interface PoolOptions extends Named {
  /** Said of the mode | of it. @default 'soft' */
  readonly mode?: Mode | undefined
  /** @default 5_000 (as others) */
  readonly timeoutMs?: number | undefined
  readonly queue?: QueueOptions | undefined
  /** Within. */
  readonly nested?: {
    /** Said of a. @default none */
    readonly a?: string | undefined
  } | undefined
  readonly ask?: ((reply: Reply, all: Readonly<Record<string, readonly string[]>>) => boolean) | undefined
  /** @internal */
  readonly secret?: string
}
export type Either = { readonly one: string; readonly two?: undefined } | { readonly two: number; readonly one?: undefined }
/** A pool. */
export interface Pool {
  readonly hidden: Hidden
  /**
   * Ends it.
   *
   * @param graceMs How long it may take.
   * @returns whether it did.
   * @throws Error when it did not.
   */
  close(graceMs?: number): Promise<boolean>
}
/**
 * Makes a pool.
 *
 * @throws {@link Pool} \`ERR_EDGE_OPTION\`.
 * @example
 * \`\`\`ts
 * const pool = createPool({ name: '@default' })
 * \`\`\`
 */
export function createPool(options: PoolOptions): Pool
/** Of a name alone. */
export function createPool(name: string, mode?: Mode): Pool
export function createPool(_options: PoolOptions | string, _mode: Mode = 'soft'): Pool {
  throw new Error()
}`,
  'docs/pools.md': GUIDE,
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const textOf = (path: string): string => readFileSync(join(root, 'docs', path), 'utf8')

function run(...args: string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--root', root, ...args], {
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

/** The entry of that title, to the next one. */
function entry(page: string, title: string): string {
  const [, rest] = textOf(`api/${page}.md`).split(`### ${title}\n`)
  return rest?.split(/^##/m)[0] ?? ''
}

/** Rows of the tables of the guide, by the options at their beginning. */
function block(mark: string): string {
  const [, rest] = textOf('pools.md').split(`<!-- options: ${mark} -->`)
  return rest!.split('<!-- end options -->')[0]!
}

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) put(path, text)
  expect(run()).toMatchObject({ status: 0 })
})

describe('the reference', () => {
  it('has a page for each room of the core and for each other subpath, and one that leads to all names', () => {
    expect(readdirSync(join(root, 'docs/api'))).toEqual(['README.md', 'messages.md', 'pools.md', 'redis.md'])
    expect(textOf('api/README.md')).toContain('[`createPool`](pools.md#createpool)')
  })

  it('shows signatures as users see them: overloads without what is behind them, defaults as what may be left out', () => {
    expect(entry('pools', 'createPool()')).toContain(
      '```typescript\ncreatePool(options: PoolOptions): Pool\ncreatePool(name: string, mode?: Mode): Pool\n```',
    )
  })

  it('links what a signature names, what a comment links to, and error codes', () => {
    expect(entry('pools', 'createPool()')).toContain(
      'Types: [`PoolOptions`](#interface-pooloptions), [`Pool`](#interface-pool)',
    )
    expect(entry('pools', 'createPool()')).toContain(
      'Throws: [`Pool`](#interface-pool) [`ERR_EDGE_OPTION`](../errors.md#err_edge_option).',
    )
    expect(entry('redis', 'const store')).toContain(
      'Keeps [`Pool`](pools.md#interface-pool) and [`createPool`](pools.md#createpool), a `Hidden` one and [`its end`](pools.md#interface-pool).',
    )
  })

  it('keeps examples as they are, for a reader rather than the compiler', () => {
    expect(entry('pools', 'createPool()')).toContain(
      "```typescript\nconst pool = createPool({ name: '@default' })\n```",
    )
  })

  it('tells of members: what they take, give back and throw, and leaves out what is internal', () => {
    expect(entry('pools', 'interface Pool')).toContain(
      '- `close(graceMs?: number): Promise<boolean>`\n\n  Ends it.\n  - `graceMs`: How long it may take.\n\n  Returns: whether it did.\n\n  Throws: Error when it did not.',
    )
    expect(entry('pools', 'interface PoolOptions')).toContain("Said of the mode | of it. Default: `'soft'`.")
    expect(entry('pools', 'interface PoolOptions')).not.toContain('secret')
  })

  it('has types that nobody exports at the end of a page, and each export once', () => {
    expect(textOf('api/pools.md')).toMatch(/## Types that are not exported\n\n\[`Hidden`]\(#interface-hidden\)/)
    expect(textOf('api/redis.md')).not.toContain('### interface Reply')
    expect(entry('messages', 'interface Reply')).toContain('Also exported as `Answer`. Also exported by `pkg/redis`.')
  })

  it('holds no path of the machine', () => {
    const pages = readdirSync(join(root, 'docs/api')).map((name) => textOf(`api/${name}`))
    expect(pages.filter((text) => text.includes(root) || text.includes('import('))).toEqual([])
  })
})

describe('a table of options', () => {
  it('takes the place of what stood between its marks', () => {
    expect(textOf('pools.md')).not.toContain('whatever stood here')
    expect(block('PoolOptions')).toContain('| Option ')
  })

  it.each([
    ['a type of words in words, and a bar within a cell', "| `mode`      | `'hard' \\| 'soft'` "],
    ['a default that is a value in code, and what is said of it', '| `5000` (as others) |'],
    ['what is needed', '| `name`      | `string` '],
    ['of an option that says nothing, what its type says', '| How many wait. '],
    ['options within an option', '| `nested.a`  | `string` '],
    ['functions without what makes types read-only', '| `(reply: Reply, all: Record<string, string[]>) => boolean` |'],
    [
      'the types that it names',
      'Types: [`PoolOptions`](api/pools.md#interface-pooloptions), [`Mode`](api/pools.md#type-mode)',
    ],
  ])('has %s', (_what, text) => expect(block('PoolOptions')).toContain(text))

  it('may be without what is inherited, of a few options, or without those of another type', () => {
    expect(block('PoolOptions own')).not.toContain('`name`')
    expect(block('PoolOptions only name').match(/^\| `/gm)).toHaveLength(1)
    expect(block('PoolOptions without Named')).not.toContain('`name`')
  })

  it('has the options of all forms of a type, none of which is needed then', () => {
    expect(block('Either')).toMatch(/\| `one` {2}\| `string` \| {9}\|/)
    expect(block('Either')).toMatch(/\| `two` {2}\| `number` \| {9}\|/)
    expect(block('Either')).not.toContain('required')
  })
})

describe('--check', () => {
  it('is content with what was written', () => {
    expect(run('--check')).toMatchObject({ status: 0 })
  })

  it('names every page that a changed comment, or a page that is not of the reference, makes differ', () => {
    put('src/pool.ts', files['src/pool.ts']!.replace('In events.', 'In logs.'))
    put('docs/api/old.md', '# Old\n')
    const { status, said } = run('--check')
    expect(status).toBe(1)
    expect(said.match(/docs\/\S+/g)).toEqual(['docs/api/old.md', 'docs/api/pools.md', 'docs/pools.md'])
    expect(textOf('pools.md')).toContain('In events.')
    expect(run()).toMatchObject({ status: 0 })
    expect(readdirSync(join(root, 'docs/api'))).not.toContain('old.md')
    expect(run('--check')).toMatchObject({ status: 0 })
  })

  it.each([
    ['Nothing', 'docs/pools.md: there are no options Nothing'],
    ['PoolOptions only nothing', 'docs/pools.md: PoolOptions has no nothing'],
  ])('fails for options that there are not: %s', (mark, problem) => {
    put('docs/pools.md', `<!-- options: ${mark} -->\n<!-- end options -->\n`)
    expect(run('--check').said).toContain(problem)
    put('docs/pools.md', GUIDE)
  })

  it('asks for a page for an export that has none', () => {
    put('src/odd.ts', 'export interface Odd { readonly a: string }')
    put('src/index.ts', `${files['src/index.ts']}\nexport type { Odd } from './odd.js'\n`)
    expect(run('--check').said).toContain('Odd of src/odd.ts has no page')
  })
})
