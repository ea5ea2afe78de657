import { reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Content, compilePage, type Page } from '../../../../src/filters/pages/page.js'
import { asked } from '../../asked.js'

const trouble = { status: 404, reply: null, error: null }
const forms = { html: '<p>', json: { a: 1 }, text: 'txt' }

const chosen = async (page: Page, accept?: string): Promise<unknown> => {
  const made = await compilePage(
    'f',
    'page',
    page,
  )(trouble, asked('/', { headers: accept === undefined ? {} : { accept } }))
  return (made as Content).type
}

describe('compilePage', () => {
  it.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['application/json', 'application/json'],
    ['text/plain', 'text/plain'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json;q=0.5, text/plain', 'text/plain'],
    ['application/*, text/html;q=0.1', 'application/json'],
    ['text/html;q=0, */*', 'application/json'],
    ['image/png', 'text/html'],
    ['nonsense', 'text/html'],
    ['', 'text/html'],
  ])('to Accept %j gives %s', async (accept, type) => expect(await chosen(forms, accept)).toBe(type))

  it('the first form is for who has no preference', async () =>
    expect(await chosen({ json: {}, html: '<p>' }, '*/*')).toBe('application/json'))

  it('one form is for everybody', async () => {
    expect(await chosen('<p>', 'application/json')).toBe('text/html')
    expect(await chosen({ json: 1, html: undefined }, 'text/html')).toBe('application/json')
  })

  it('H-202 H-201 a long Accept is not looked at', async () => {
    const long = `application/json,${'a/b;q=0.1,'.repeat(1500)}`
    expect(await chosen(forms, long)).toBe('text/html')
    expect(await chosen(forms, long.slice(0, 1024))).toBe('application/json')
  })

  it('writes JSON once, and as such', () => {
    const made = compilePage('f', 'page', { json: { é: [1, null] } })(trouble, asked('/')) as Content
    expect(Buffer.from((made.body as { bytes: Uint8Array }).bytes).toString()).toBe('{"é":[1,null]}')
    expect(made.negotiated).toBe(false)
  })

  it('a function may make HTML, forms, or a reply', async () => {
    const own = reply(200, 'x')
    expect(await chosen(() => '<p>')).toBe('text/html')
    expect(await chosen(async () => forms, 'text/plain')).toBe('text/plain')
    expect(await compilePage('f', 'page', () => own)(trouble, asked('/'))).toBe(own)
  })

  it.each([5, null, undefined, {}, { xml: 'x' }, { html: 5 }, { json: undefined }, { html: '<p>', css: 'x' }])(
    'H-155 refuses %j, also of a function',
    async (page) => {
      expect(() => compilePage('f', 'page', page as never)).toThrow(/^f: option "page/)
      await expect(chosen((() => page) as never)).rejects.toThrow(/^f: option "page/)
    },
  )
})
