import { changeHeaders, reply, replyHeaders, requestHeaders, StreamBody, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

describe('requestHeaders', () => {
  it('changes what those behind it see, and nobody else', async () => {
    const exchange = asked('/x', { headers: { cookie: 'a=1', 'x-a': '0' }, params: { t: 'acme' } })
    const before = { ...exchange.headers }
    const { passed } = await ran(
      requestHeaders({ remove: ['cookie'], set: { 'X-Tenant': '{params.t}' }, append: { 'x-a': '1' } }),
      exchange,
    )
    expect({ ...passed!.headers }).toEqual({ 'x-a': '0, 1', 'x-tenant': 'acme' })
    expect({ ...exchange.headers }).toEqual(before)
  })

  it('changes an upgrade’s, too', async () => {
    const { passed } = await ran(requestHeaders({ set: { a: '1' } }), asked('/', { upgrade: true }))
    expect(passed!.headers['a']).toBe('1')
  })

  it('explains what it does, without values', () => {
    const filter = requestHeaders({ set: { authorization: 'secret' }, remove: ['cookie'], rename: { a: 'b' } })
    expect(filter.explain!(asked('/'))).toMatchObject({
      verdict: 'change',
      why: 'removes cookie; renames a; sets authorization',
    })
  })
})

describe('replyHeaders', () => {
  it('changes a copy: a reply is a value', async () => {
    const shared = reply(200, 'ok', { server: 'x', 'set-cookie': ['a=1'] })
    const before = { ...shared.headers }
    const rules = { remove: ['server'], append: { 'set-cookie': 'b=2' } }
    const { reply: answer } = await ran(replyHeaders(rules), asked('/'), () => shared)
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'] })
    expect(answer.headers['server']).toBeUndefined()
    expect({ ...shared.headers }).toEqual(before)
  })

  it('gives functions exchange and reply', async () => {
    const filter = replyHeaders({ set: { 'x-is': ({ method }, answer) => `${method} ${answer!.status}` } })
    expect((await ran(filter, asked('/'))).reply.headers['x-is']).toBe('GET 200')
  })

  it('lets go of a reply that a rule fails on', async () => {
    let cancelled = false
    const body = new StreamBody({ pause() {}, resume() {}, cancel: () => (cancelled = true) }, undefined)
    const filter = replyHeaders({ set: { a: () => '\n' } })
    await expect(ran(filter, asked('/'), () => ({ ...reply(200), body }))).rejects.toThrow(/cannot be written/)
    expect(cancelled).toBe(true)
  })

  it('leaves a hand-over what it is', async () => {
    const { handOver } = await import('edgewise')
    const handed = await handOver()(asked('/'))
    const { reply: answer } = await ran(replyHeaders({ set: { a: '1' } }), asked('/'), () => handed)
    expect(Object.getOwnPropertySymbols(answer)).toEqual(Object.getOwnPropertySymbols(handed))
    expect(answer.headers).toEqual(changeHeaders(handed.headers, toHeaders({ a: '1' })))
  })

  it.each([requestHeaders, replyHeaders])('H-155 %o refuses framing', (make) =>
    expect(() => make({ set: { 'content-length': '1' } })).toThrow(/no fields that frame/),
  )
})
