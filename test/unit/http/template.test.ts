import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTemplate, type TemplateContext } from '../../../src/http/template.js'
import { type Asked, asked } from '../asked.js'

const odd: Asked = {
  base: '/api',
  headers: { 'x-tenant': 'a/b c', cookie: 'sid=1%202; tenant= acme ; q=x', accept: 'x' },
  params: { id: 'a%20b&c', rest: 'x/y' },
}
const exchange = asked('/users/7?q=a+b%26&next=%2Fx&empty=', odd)
const make = (text: string, context: TemplateContext = 'field'): string => {
  const template = compileTemplate('f', 'to', text, context)
  return typeof template === 'string' ? template : template(exchange, exchange.params)
}

describe('compileTemplate', () => {
  it.each([
    ['{method}', 'GET'],
    ['{path}', '/users/7'],
    ['{query}', 'q=a+b%26&next=%2Fx&empty='],
    ['{protocol}', 'http'],
    ['{host}', 'a.test'],
    ['{port}', '80'],
    ['{authority}', 'a.test'],
    ['{address}', '192.0.2.1'],
    ['{base}', '/api'],
    ['{route}', ''],
    ['{params.id}', 'a%20b&c'],
    ['{params.none}', ''],
    ['{params.constructor}', ''],
    ['{headers.X-Tenant}', 'a/b c'],
    ['{headers.none}', ''],
    ['{query.q}', 'a+b%26'],
    ['{query.none}', ''],
    ['{query.empty}', ''],
    ['{cookies.sid}', '1%202'],
    ['{cookies.tenant}', 'acme'],
    ['{cookies.none}', ''],
    ['a{path}b{host}c', 'a/users/7ba.testc'],
    ['{{{host}}}', '{a.test}'],
    ['{{}}', '{}'],
    ['plain', 'plain'],
    ['', ''],
  ])('fills %s in', (text, made) => expect(make(text)).toBe(made))

  it.each<[TemplateContext, string, string]>([
    ['path', '/{params.rest}', '/x/y'],
    ['path', '/{params.id}', '/a%20b&c'],
    ['path', '/{headers.x-tenant}', '/a%2Fb%20c'],
    ['path', '/{query.q}', '/a%20b%26'],
    ['path', '/{query.next}', '/%2Fx'],
    ['query', 'a={params.id}&b=1', 'a=a%20b%26c&b=1'],
    ['query', 'a={path}', 'a=%2Fusers%2F7'],
    ['query', 'a={query.q}', 'a=a%20b%26'],
    ['query', 'a={query}', 'a=q%3Da%2Bb%2526%26next%3D%252Fx%26empty%3D'],
    ['value', 'a b&{params.id}', 'a%20b%26a%20b%26c'],
    ['value', 'a b&', 'a%20b%26'],
    ['authority', '{host}:{port}', 'a.test:80'],
  ])('H-153 in a %s, %s becomes %s: a value stays one', (context, text, made) => expect(make(text, context)).toBe(made))

  it.each([
    ['{nobody}', /option "to" is "\{nobody\}"; allowed: \{method\}/],
    ['{params}', /option "to" is "\{params\}"/],
    ['{params.}', /option "to" is "\{params\.\}"/],
    ['{path.x}', /option "to" is "\{path\.x\}"/],
    ['{__proto__}', /"\{__proto__\}"/],
    ['{constructor.name}', /"\{constructor\.name\}"/],
    ['{}', /option "to" is "\{\}"/],
    ['{path', /braces in pairs/],
    ['path}', /braces in pairs/],
  ])('H-155 refuses %s, naming the placeholder and what there is', (text, message) =>
    expect(() => compileTemplate('f', 'to', text, 'field')).toThrow(message),
  )

  it('H-155 knows the captures of a pattern', () => {
    const names = new Set(['id'])
    expect(compileTemplate('f', 'to', '{params.id}', 'path', names)).toBeTypeOf('function')
    expect(() => compileTemplate('f', 'to', '{params.name}', 'path', names)).toThrow(/captures of the pattern: id/)
  })

  it('H-045 lets no value of a client name a host', () => {
    for (const name of ['params.x', 'headers.x', 'query.x', 'cookies.x', 'path', 'address'])
      expect(() => compileTemplate('f', 'to', `{${name}}.test`, 'authority')).toThrow(/in the name of a host/)
  })

  it('H-153 H-023 a path or a query never gets a line break, a space, or an end before its time', () => {
    const any = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(any, any, fc.constantFrom<TemplateContext>('path', 'query', 'value'), (value, other, context) => {
        const subject = asked('/x', { headers: { 'x-a': value, cookie: `c=${other}` }, params: { id: value } })
        const template = compileTemplate('f', 'to', '{headers.x-a}|{params.id}|{cookies.c}', context)
        const made = (template as Exclude<typeof template, string>)(subject, subject.params)
        expect(made).toMatch(/^[!-~]*$/)
        expect(made).not.toMatch(/[?#"<>\\]/)
        if (context !== 'path') expect(made).not.toMatch(/[&=+/]/)
      }),
    )
  })
})
