import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tool } from '../package/packed.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What somebody writes, and the first line of what the compiler says to it. */
const MISTAKES = [
  [
    'a misspelt option',
    `createPool({ name: 'users', endpoint: ['http://a.test'] })`,
    "'endpoint' does not exist in type 'PoolOptions'. Did you mean to write 'endpoints'?",
  ],
  [
    'a misspelt option of a route',
    `createGateway({ routes: [{ path: '/users/:id', methdos: ['GET'], handler: handOver() }] })`,
    `'methdos' does not exist in type 'RouteOptions<"/users/:id">'. Did you mean to write 'methods'?`,
  ],
  [
    'a name that a path does not capture',
    `createGateway({ routes: [{ path: '/users/:id', handler: async ({ params }) => reply(200, params.user) }] })`,
    "Property 'user' does not exist on type '{ readonly id: string; }'.",
  ],
  [
    'a word that is none of those',
    `rateLimit({ limit: 1, windowMs: 1, algorithm: 'leaky' })`,
    `Type '"leaky"' is not assignable to type`,
  ],
  [
    'a claim that a token does not have',
    `principalOf(exchange, jwt<{ tenant: string }>({ jwksUri: 'https://a.test/', issuer: 'a', audience: 'b' }))?.claims.tenants`,
    "Property 'tenants' does not exist on type 'Readonly<{ tenant: string; }>'. Did you mean 'tenant'?",
  ],
  [
    'a filter that forgets to return',
    `const filter: Filter = async (exchange, next) => { await next(exchange) }`,
    "Type '(exchange: Exchange<Readonly<Record<string, string>>>, next: PlainHandler) => Promise<void>' is not assignable to type 'Filter'.",
  ],
] as const

describe('what the compiler says to a mistake', () => {
  let folder: string
  let said: string

  beforeAll(async () => {
    await mkdir(join(root, '.cache'), { recursive: true })
    folder = await mkdtemp(join(root, '.cache', 'mistakes-'))
    const head = `import { createGateway, createPool, type Exchange, type Filter, handOver, jwt, principalOf, rateLimit, reply } from 'edgewise'
declare const exchange: Exchange
`
    await Promise.all(
      MISTAKES.map(([, code], at) =>
        writeFile(
          join(folder, `mistake-${at}.ts`),
          `${head}export const made = (): unknown => {\n${code}\nreturn 0\n}\n`,
        ),
      ),
    )
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { paths: { edgewise: ['../../src/index.ts'] } },
        include: ['*.ts'],
      }),
    )
    said = await tool('tsc', ['-p', folder, '--pretty', 'false'], folder).catch((error: Error) => error.message)
  }, 60_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(MISTAKES.map(([what, , message], at) => [what, message, at] as const))('%s', (_what, message, at) => {
    const [first = ''] = said.split('\n').filter((line) => line.includes(`mistake-${at}.ts`))
    expect(first).toContain(message)
  })
})
