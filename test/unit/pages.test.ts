import { existsSync, readFileSync } from 'node:fs'
import * as core from 'edgewise'
import { EdgeError } from 'edgewise'
import * as compat from 'edgewise/compat'
import * as config from 'edgewise/config'
import * as express from 'edgewise/express'
import * as redis from 'edgewise/redis'
import * as tcp from 'edgewise/tcp'
import * as testing from 'edgewise/testing'
import { describe, expect, it } from 'vitest'
import { pageOf } from '../../src/pages.js'

const root = new URL('../../', import.meta.url)

/** What says which option is wrong, when it is called with one that nobody has. */
const refusals = await Promise.all(
  Object.entries({ ...core, ...compat, ...config, ...express, ...redis, ...tcp, ...testing })
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(async ([name, factory]) => [
      name,
      await messageOf(() => (factory as (arg: object) => unknown)({ nobodys: 1 })),
    ]),
)
const refusing = refusals.filter((each): each is [string, string] => each[1] !== null)

describe('a construction error', () => {
  it('is what most factories answer an unknown option with', () => {
    expect(refusing.length).toBeGreaterThan(80)
  })

  it.each(refusing)('of %s names the page about it', (_name, message) => {
    const [, page = '', anchor] = /\((docs\/[\w-]+\.md)(#[\w-]+)?\)$/.exec(message) ?? []
    expect([message, existsSync(new URL(page, root))]).toEqual([message, page !== ''])
    expect(anchor).toBeUndefined()
  })

  it('of a part that no page is about names the one about errors', () => {
    expect(pageOf('handlers')).toBe('docs/errors.md#err_edge_option')
    expect(readFileSync(new URL('docs/errors.md', root), 'utf8')).toContain('ERR_EDGE_OPTION')
  })

  it('of a part of the options names the page of that part', () => {
    expect([pageOf('createPool queue'), pageOf('createPool health.active'), pageOf('rateLimit limits[0]')]).toEqual([
      'docs/pools.md',
      'docs/health.md',
      'docs/rate-limits.md',
    ])
  })
})

async function messageOf(make: () => unknown): Promise<string | null> {
  try {
    await make()
    return null
  } catch (error) {
    return error instanceof EdgeError && error.code === 'ERR_EDGE_OPTION' ? error.message : null
  }
}
