import { EdgeError, type ErrorPagesOptions, errorPages, handOver, type Reply, reply, StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const text = ({ body }: Reply): string => (body.kind === 'bytes' ? Buffer.from(body.bytes).toString() : body.kind)
const run = (options: ErrorPagesOptions, handler: () => Reply | Promise<Reply>, odd: Asked = {}) =>
  ran(errorPages(options), asked('/x', odd), handler)
const fails = (error: unknown) => async (): Promise<Reply> => Promise.reject(error)

describe('errorPages', () => {
  it('gives a reply a page, and keeps its status and what does not describe its body', async () => {
    const fields = {
      'retry-after': '7',
      'www-authenticate': ['Basic', 'Bearer'],
      'set-cookie': ['a=1', 'b=2'],
      'cache-control': 'max-age=60',
      'content-type': 'text/x',
      'content-length': '3',
      'content-encoding': 'gzip',
      'content-language': 'de',
      etag: '"x"',
      'last-modified': 'x',
      'accept-ranges': 'bytes',
    }
    const { reply: answer } = await run({ pages: { 404: '<p>none</p>' } }, () => reply(404, 'old', fields))
    expect([answer.status, text(answer)]).toEqual([404, '<p>none</p>'])
    expect({ ...answer.headers }).toEqual({
      'retry-after': '7',
      'www-authenticate': ['Basic', 'Bearer'],
      'set-cookie': ['a=1', 'b=2'],
      'cache-control': 'max-age=60',
      'content-type': 'text/html; charset=utf-8',
      'content-length': '11',
    })
  })

  it('gives a failure a page, with its fields, and notes what failed', async () => {
    const error = new EdgeError('ERR_EDGE_NO_ENDPOINT', 'secret', { headers: { 'retry-after': '7' } })
    const exchange = asked('/x')
    const noted: unknown[] = []
    Object.defineProperty(exchange, 'noteFailure', { value: (failure: unknown) => noted.push(failure) })
    const { reply: answer } = await ran(errorPages({ pages: { 503: 'sorry' } }), exchange, fails(error))
    expect([answer.status, text(answer), noted]).toEqual([503, 'sorry', [error]])
    expect(answer.headers).toMatchObject({ 'retry-after': '7', 'cache-control': 'no-store' })
  })

  it('a status goes before its class', async () => {
    const pages = { 404: 'four', '4xx': 'some', '5xx': 'five' }
    const got = await Promise.all([404, 410, 500, 599].map((status) => run({ pages }, () => reply(status))))
    expect(got.map(({ reply: answer }) => text(answer))).toEqual(['four', 'some', 'five', 'five'])
  })

  it('what has no page stays the very reply, or the very failure', async () => {
    for (const status of [200, 302, 404, 600]) {
      const own = reply(status)
      expect((await run({ pages: { 410: 'x', '5xx': 'y' } }, () => own)).reply).toBe(own)
    }
    const error = new EdgeError('ERR_EDGE_BAD_TARGET', 'x')
    await expect(run({ pages: { '5xx': 'x' } }, fails(error))).rejects.toBe(error)
  })

  it('what is no EdgeError goes on to the framework, as does a client that left', async () => {
    for (const error of [new TypeError('boom'), new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'left')])
      await expect(run({ pages: { '4xx': 'x', '5xx': 'x' } }, fails(error))).rejects.toBe(error)
  })

  it('H-096 a filter behind it that throws at once is a failure like another', async () => {
    const filter = errorPages({ pages: { '5xx': 'sorry' } })
    const answer = await filter(asked('/'), () => {
      throw new EdgeError('ERR_EDGE_CONNECT', 'x')
    })
    expect([answer.status, text(answer)]).toEqual([502, 'sorry'])
  })

  it.each([
    [false, 'old'],
    [true, 'page'],
    [({ headers }: Reply) => headers['x-page'] !== 'own', 'old'],
  ] as const)('replies: %o leaves a reply %s', async (replies, wanted) => {
    const options = { pages: { 404: 'page' }, replies }
    expect(text((await run(options, () => reply(404, 'old', { 'x-page': 'own' }))).reply)).toBe(wanted)
    const failed = run({ pages: { '5xx': 'page' }, replies }, fails(new EdgeError('ERR_EDGE_CONNECT', 'x')))
    expect(text((await failed).reply)).toBe('page')
  })

  it('lets go of the body that it replaces', async () => {
    let cancelled = false
    const body = new StreamBody({ pause() {}, resume() {}, cancel: () => (cancelled = true) }, undefined)
    await run({ pages: { 500: 'x' } }, () => ({ ...reply(500), body }))
    expect(cancelled).toBe(true)
  })

  it('a function makes a page, and a failing one fails as itself', async () => {
    const pages = {
      '4xx': async ({ status }: { status: number }, { target }: { target: { path: string } }) =>
        `${status} ${target.path}`,
    }
    expect(text((await run({ pages }, () => reply(410))).reply)).toBe('410 /x')
    const broken = () => {
      throw new TypeError('boom')
    }
    await expect(run({ pages: { 404: broken } }, () => reply(404))).rejects.toThrow('boom')
  })

  it('H-177 may stand in front of handOver(), which it does not see', async () => {
    const handed = await handOver()(asked('/'))
    expect((await run({ pages: { '4xx': 'x' } }, () => handed)).reply).toBe(handed)
  })

  it('explains itself', () =>
    expect(errorPages({ pages: { 404: 'x', '5xx': 'y' } }).explain!(asked('/'))).toMatchObject({
      verdict: 'depends',
      why: 'has pages for 404, 5xx',
    }))

  it.each([
    [{}, /option "pages" is undefined/],
    [{ pages: { 200: 'x' } }, /option "pages" is "200"; allowed: 400 to 599/],
    [{ pages: { '4XX': 'x' } }, /400 to 599/],
    [{ pages: { 404: 5 } }, /option "pages\.404" is 5/],
    [{ pages: { 404: {} } }, /option "pages\.404"/],
    [{ pages: { 404: 'x' }, replies: 'no' }, /option "replies"/],
  ])('H-155 refuses %o', (options, message) => expect(() => errorPages(options as never)).toThrow(message))
})
