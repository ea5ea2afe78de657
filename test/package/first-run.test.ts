import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, freePort, upstream } from '../support/index.js'
import { type Packed, type Project, pack, tool } from './packed.js'

const page = readFileSync(new URL('../../docs/getting-started.md', import.meta.url), 'utf8')

/** Whole files under the headings of getting-started.md, and what npm is told to install for them. */
const FIRST_RUNS = [
  ['Express', ['express']],
  ['Koa', ['koa']],
  ['Hono', ['hono', '@hono/node-server']],
  ['Fastify', ['fastify']],
  ['Plain Node', []],
] as const

const KINDS = ['ESM', 'CommonJS', 'TypeScript'] as const

describe('the first run of somebody new, as getting-started.md says', () => {
  let packed: Packed
  let project: Project

  beforeAll(async () => {
    packed = await pack()
    project = await packed.project([
      ...FIRST_RUNS.flatMap(([, packages]) => packages),
      ...['@types/node', '@types/express', '@types/koa'],
    ])
  }, 90_000)

  afterAll(async () => {
    await packed?.[Symbol.asyncDispose]()
  })

  describe.each(FIRST_RUNS)('%s', (heading, packages) => {
    it('is told what to install', () => {
      const told = /^npm install edgewise(.*)$/m.exec(section(heading))?.[1] ?? ''
      expect(told.split(' ').filter((name) => name !== '')).toEqual(packages)
    })

    it.each(KINDS)('runs as %s', async (kind) => {
      await using far = await upstream((req, res) => res.end(`3001 got ${req.url}`))
      const port = await freePort()
      const code = asKind(codeOf(heading), kind)
        .replace('127.0.0.1:3001', `127.0.0.1:${far.port}`)
        .replaceAll('3000', String(port))
      const name = `${heading.replace(' ', '-')}-${kind}`.toLowerCase()
      const file = await project.write(`${name}${{ ESM: '.mjs', CommonJS: '.cjs', TypeScript: '.ts' }[kind]}`, code)
      if (kind === 'TypeScript') expect(await typeChecked(project, file)).toBe('')
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      try {
        expect(await answered(child, `http://localhost:${port}/api/users/1`)).toBe('3001 got /users/1')
        expect(await answered(child, `http://localhost:${port}/`)).toBe('the application')
      } finally {
        child.kill()
        await once(child, 'exit')
      }
    })
  })

  it('CommonJS is written as the page says', () => {
    const [, told = ''] = /^```js\n([\s\S]*?)^```$/m.exec(section('CommonJS, TypeScript')) ?? []
    expect(asKind(codeOf('Express'), 'CommonJS')).toContain(told)
  })
})

function section(heading: string): string {
  const [, text] = new RegExp(`^### ${heading}\\n([\\s\\S]*?)(?=^##)`, 'm').exec(page) ?? []
  if (text === undefined) throw new Error(`getting-started.md has no section ${heading}`)
  return text
}

function codeOf(heading: string): string {
  return /^```ts\n([\s\S]*?)^```$/m.exec(section(heading))![1]!
}

function asKind(code: string, kind: (typeof KINDS)[number]): string {
  return kind === 'CommonJS' ? code.replace(/^import (.+) from ('.+')$/gm, 'const $1 = require($2)') : code
}

async function typeChecked(project: Project, file: string): Promise<string> {
  const flags = ['--module', 'nodenext', '--strict', '--noEmit', '--types', 'node', '--target', 'es2024']
  const said = await tool('tsc', [...flags, '--pretty', 'false', file], project.folder).catch(
    (error: Error) => error.message,
  )
  // What is wrong with others' types (those of Koa, beside a newer package than they know) is not ours.
  return said
    .split('\n')
    .filter((line) => line.includes('error TS') && !/node_modules\/(?!edgewise\/)/.test(line))
    .join('\n')
}

/** Asks until somebody listens. */
async function answered(child: ChildProcess, url: string): Promise<string> {
  let complaint = ''
  child.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  return eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`ended\n${complaint}`)
      return (await fetch(url)).text()
    },
    { timeoutMs: 10_000, what: `an answer of ${url}` },
  )
}
