import { reply, toHeaders } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compilePage, type Page } from '../../../../src/filters/pages/page.js'
import { pageReply } from '../../../../src/filters/pages/page-reply.js'
import { asked } from '../../asked.js'

const fieldsOf = async (page: Page, fields: Record<string, string | readonly string[]> = {}): Promise<object> => {
  const trouble = { status: 410, reply: null, error: null }
  return { ...(await pageReply(compilePage('f', 'p', page), trouble, toHeaders(fields), asked('/'))).headers }
}

describe('pageReply', () => {
  const both = { html: '<p>', text: 'é' }

  it.each([
    [{}, 'accept'],
    [{ vary: 'origin' }, 'origin, accept'],
    [{ vary: 'Origin, Accept' }, 'Origin, Accept'],
    [{ vary: '*' }, '*'],
  ])('with %o, a page of several forms varies by %s', async (fields, vary) =>
    expect(await fieldsOf(both, fields)).toMatchObject({ vary }),
  )

  it('a page of one form varies by nothing more', async () =>
    expect(await fieldsOf({ text: 'é' }, { vary: 'origin' })).toEqual({
      vary: 'origin',
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '2',
    }))

  it('JSON has no charset (RFC 8259 §11)', async () =>
    expect(await fieldsOf({ json: 1 })).toMatchObject({ 'content-type': 'application/json' }))

  it('of a whole reply the fields count, and the status does not', async () => {
    const page = compilePage('f', 'p', () => reply(200, '{}', { 'content-type': 'application/problem+json', x: '2' }))
    const trouble = { status: 410, reply: null, error: null }
    const made = await pageReply(page, trouble, toHeaders({ x: '1', y: '1', etag: 'z' }), asked('/'))
    expect([made.status, { ...made.headers }]).toEqual([
      410,
      { 'content-type': 'application/problem+json', x: '2', y: '1' },
    ])
  })

  it('H-183 leaves the fields it was given as they were', async () => {
    const fields = Object.freeze(toHeaders({ 'content-type': 'x', vary: 'y' }))
    await pageReply(compilePage('f', 'p', both), { status: 404, reply: null, error: null }, fields, asked('/'))
    expect({ ...fields }).toEqual({ 'content-type': 'x', vary: 'y' })
  })
})
