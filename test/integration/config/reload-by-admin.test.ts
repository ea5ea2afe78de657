import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminApi, type EdgeEvents, EventHub } from 'edgewise'
import { type ConfiguredGateway, loadGateway } from 'edgewise/config'
import { describe, expect, it } from 'vitest'
import { ask } from '../client.js'
import { served } from './served.js'

/** A gateway of a file, with the admin API that reads the file again among its own routes. */
async function edge() {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-admin-'))
  const path = join(folder, 'edge.yaml')
  const write = (...lines: string[]) =>
    writeFile(path, ['routes:', '  - { path: "/admin/**", handler: admin }', ...lines, ''].join('\n'))
  await write('  - { path: /, respond: { body: one } }')
  const events = new EventHub()
  const told: EdgeEvents['admin'][] = []
  events.on('admin', (event) => told.push(event))
  const admin = () => adminApi({ authorize: () => 'ada', events, reload: () => gateway.reload() })
  const gateway: ConfiguredGateway = await loadGateway(path, { events, handlers: { admin } })
  const front = await served(gateway)
  const reload = async () => {
    const asked = { method: 'POST', headers: { 'x-edgewise-admin': '1' } }
    const { status, body } = await ask(front.port, '/admin/reload', asked)
    return { status, json: JSON.parse(body) }
  }
  return {
    ...{ path, write, told, reload },
    page: async () => (await ask(front.port, '/')).body,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

describe('a reload of a file that an operator asks for', () => {
  it('says of a broken file where it is broken: file, line, column and path; the old one stays', async () => {
    await using it = await edge()
    await it.write('  - path: /', '    filters: [{ rateLimit: { limt: 5 } }]', '    respond: { status: 99 }')
    const { status, json } = await it.reload()
    expect(status).toBe(422)
    expect(json.errors).toEqual([
      {
        detail: expect.stringContaining('option "status" is 99'),
        ...{ file: it.path, line: 5, column: 16, path: 'routes[1].respond.status' },
      },
      {
        detail: expect.stringContaining('unknown option "limt". Did you mean "limit"?'),
        ...{ file: it.path, line: 4, column: 30, path: 'routes[1].filters[0].rateLimit.limt' },
      },
    ])
    expect(json.detail.split('\n').map((line: string) => line.split(' ')[0])).toEqual([
      `${it.path}:5:16`,
      `${it.path}:4:30`,
    ])
    expect(await it.page()).toBe('one')
    expect(it.told.map(({ who, action, result }) => [who, action, result])).toEqual([['ada', 'reload', 'refused']])
  })

  it('says so of a file that is no YAML, or gone', async () => {
    await using it = await edge()
    await it.write('  - path: [')
    const broken = await it.reload()
    expect([broken.status, broken.json.errors[0].file, broken.json.errors[0].line > 2]).toEqual([422, it.path, true])
    await rm(it.path)
    const gone = await it.reload()
    expect([gone.status, gone.json.errors]).toEqual([
      422,
      [{ detail: expect.stringMatching(/^can't be read: /), file: it.path, line: null, column: null, path: '' }],
    ])
    expect(await it.page()).toBe('one')
  })

  it('is in force when it is answered, though it came by a route of the old file', async () => {
    await using it = await edge()
    await it.write('  - { path: /, respond: { body: two } }')
    expect(await it.reload()).toEqual({ status: 200, json: { reloaded: true } })
    expect(await it.page()).toBe('two')
    expect(it.told.at(-1)).toMatchObject({ who: 'ada', action: 'reload', result: 'done' })
  })
})
