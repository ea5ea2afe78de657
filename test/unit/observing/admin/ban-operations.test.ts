import { ban, EventHub } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { apiOver } from './kit.js'

const list = () => ban({ events: new EventHub(), now: () => 1_000 })

describe('bans', () => {
  it('are made, listed and lifted; lifting twice is no error', async () => {
    const bans = list()
    const { ask, told } = apiOver({ bans })
    expect((await ask('POST /bans', { key: '192.0.2.7', banMs: 60_000, why: 'scanner' })).json).toEqual({
      list: 'default',
      key: '192.0.2.7',
      banned: true,
    })
    expect((await ask('GET /bans')).json).toEqual({
      total: 1,
      offset: 0,
      next: null,
      items: [{ list: 'default', key: '192.0.2.7', why: 'scanner', untilMs: 61_000, offence: 1 }],
    })
    expect((await ask('DELETE /bans?key=192.0.2.7')).json).toMatchObject({ banned: false, lifted: true })
    expect((await ask('DELETE /bans?key=192.0.2.7')).json).toMatchObject({ banned: false, lifted: false })
    expect(bans.list()).toEqual([])
    expect(told.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      'ban 192.0.2.7',
      'lift 192.0.2.7',
      'lift 192.0.2.7',
    ])
  })

  it('of an IPv6 client are lifted by its address, and by the subnet that the list names', async () => {
    const bans = list()
    const { ask } = apiOver({ bans })
    for (const key of ['2001:db8::1', '2001:db8::/64']) {
      await ask('POST /bans', { key: '2001:db8::2', banMs: 60_000 })
      expect((await ask(`DELETE /bans?key=${encodeURIComponent(key)}`)).json.lifted).toBe(true)
    }
  })

  it('of several lists are told apart by name', async () => {
    const [login, api] = [list(), list()]
    const { ask } = apiOver({ bans: { login, api } })
    expect(await ask('POST /bans', { key: 'x', banMs: 1_000 })).toMatchObject({
      status: 400,
      json: { detail: 'ban: "list" is missing' },
    })
    expect((await ask('POST /bans', { key: 'x', banMs: 1_000, list: 'toString' })).json.detail).toContain(
      "'login', 'api'",
    )
    await ask('POST /bans', { key: 'x', banMs: 1_000, list: 'api' })
    await ask('POST /bans', { key: 'y', banMs: 1_000, list: 'login' })
    expect((await ask('GET /bans?limit=1')).json).toMatchObject({ total: 2, next: '/bans?limit=1&offset=1' })
    const only = (await ask('GET /bans?list=api&limit=1')).json
    expect(only).toMatchObject({ total: 1, items: [{ list: 'api', key: 'x' }] })
    expect((await ask('DELETE /bans?key=x')).status).toBe(400)
    expect((await ask('DELETE /bans?key=x&list=api')).json.lifted).toBe(true)
    expect([login.has('y'), api.has('x')]).toEqual([true, false])
  })

  it.each([
    [{ key: '', banMs: 1 }, 'a non-empty string'],
    [{ key: 'x', banMs: 0 }, 'a whole number from 1'],
    [{ key: 'x' }, '"banMs" is missing'],
    [{ banMs: 1 }, '"key" is missing'],
    [{ key: 'x', banMs: 1, reason: 'y' }, 'unknown option "reason"'],
  ])('refuses %o', async (body, why) => {
    expect(await apiOver({ bans: list() }).ask('POST /bans', body)).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining(why) },
    })
  })
})
