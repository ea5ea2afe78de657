import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { messages, tsc } from './tsc.js'

const here = new URL('.', import.meta.url).pathname

it('are what is written of them in *.test-d.ts', async () => {
  const said = (await tsc('-p', here, '--listFiles')).split('\n')
  const files = globSync('*.test-d.ts', { cwd: here })
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((name) => !said.includes(`${here}${name}`))).toEqual([])
  expect(said.filter((line) => !line.startsWith('/'))).toEqual([])
}, 60_000)

it('would not pass if they were something else', async () => {
  const head = "import { expectTypeOf } from 'vitest'\nimport { createGateway, reply, type Handler } from 'edgewise'\n"
  const route = (code: string): string =>
    `${head}createGateway({ routes: [{ path: '/users/:id', handler: async ({ params }) => { ${code}; return reply(200) } }] })`
  expect(
    await messages({
      right: route('expectTypeOf(params).toEqualTypeOf<{ readonly id: string }>()'),
      name: route('expectTypeOf(params).toEqualTypeOf<{ readonly name: string }>()'),
      any: `${head}expectTypeOf<any>().toEqualTypeOf<Handler>()`,
      unused: route('\n// @ts-expect-error\nparams.id\n'),
    }),
  ).toEqual({
    name: [expect.stringContaining("Property 'id' is missing")],
    any: [expect.any(String)],
    unused: ["Unused '@ts-expect-error' directive."],
  })
}, 60_000)
