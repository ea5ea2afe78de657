import { EdgeError, type HeaderRules, reply, toHeaders } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules, type HeaderSide } from '../../../src/http/header-rules.js'
import { asked } from '../asked.js'

const exchange = asked('/x?q=1', { headers: { 'x-in': 'in' }, params: { id: '7' } })

function after(
  rules: HeaderRules,
  before: Record<string, string | readonly string[]>,
  side: HeaderSide = 'request',
): Record<string, unknown> {
  const change = compileRules('f', rules, side)
  const given = Object.freeze(toHeaders(before))
  const answer = side === 'reply' ? reply(418) : undefined
  const [own, copy] = [toHeaders(before), change.copy(given)]
  for (const headers of [own, copy]) change.apply(headers, exchange, answer)
  expect({ ...copy }).toEqual({ ...own })
  return { ...own }
}

describe('compileRules', () => {
  it.each<[string, HeaderRules, Record<string, string | readonly string[]>, object]>([
    ['sets', { set: { 'X-A': '1' } }, { 'x-a': '0', b: '2' }, { 'x-a': '1', b: '2' }],
    ['sets from the exchange', { set: { a: '{params.id}/{headers.x-in}' } }, {}, { a: '7/in' }],
    ['an empty value takes away', { set: { a: '{headers.none}' } }, { a: '0' }, {}],
    ['sets by a function', { set: { a: ({ method }) => method } }, {}, { a: 'GET' }],
    ['a function may say nothing', { set: { a: () => undefined } }, { a: '0' }, {}],
    ['removes, whatever the case', { remove: ['X-A', 'none'] }, { 'x-a': '0', b: '2' }, { b: '2' }],
    ['renames', { rename: { 'X-Old': 'X-New' } }, { 'x-old': '1', 'x-new': '0' }, { 'x-new': '1' }],
    ['renames what is there only', { rename: { old: 'new' } }, { new: '0' }, { new: '0' }],
    ['appends to a list', { append: { vary: 'accept' } }, { vary: 'origin' }, { vary: 'origin, accept' }],
    ['appends to nothing', { append: { vary: 'accept' } }, {}, { vary: 'accept' }],
    ['appends several', { append: { vary: ['a', 'b'] } }, { vary: 'o' }, { vary: 'o, a, b' }],
    ['appends nothing', { append: { vary: '{headers.none}' } }, { vary: 'o' }, { vary: 'o' }],
    ['appends to Cookie as cookies', { append: { cookie: 'b=2' } }, { cookie: 'a=1' }, { cookie: 'a=1; b=2' }],
    [
      'removes, renames, sets, appends, in this order',
      { append: { b: '3' }, set: { b: '2' }, rename: { a: 'b' }, remove: ['b'] },
      { a: '1', b: '0' },
      { b: '2, 3' },
    ],
    ['a removed field makes way for a renamed one', { remove: ['b'], rename: { a: 'b' } }, { b: 'forged' }, {}],
    ['takes braces', { set: { a: '{{"a":1}}' } }, {}, { a: '{"a":1}' }],
  ])('%s', (_what, rules, before, result) => expect(after(rules, before)).toEqual(result))

  it.each<[string, HeaderRules, readonly string[], readonly string[] | undefined]>([
    ['appended', { append: { 'set-cookie': 'c=3' } }, ['a=1', 'b=2'], ['a=1', 'b=2', 'c=3']],
    ['appended, several', { append: { 'set-cookie': ['c=3', 'd=4'] } }, ['a=1'], ['a=1', 'c=3', 'd=4']],
    ['set', { set: { 'set-cookie': 'c=3' } }, ['a=1', 'b=2'], ['c=3']],
    ['set, several', { set: { 'set-cookie': () => ['c=3', 'd=4'] } }, ['a=1'], ['c=3', 'd=4']],
    ['renamed to', { rename: { 'x-cookie': 'set-cookie' } }, ['a=1'], ['x=1']],
    ['set to none', { set: { 'set-cookie': () => [] } }, ['a=1'], undefined],
  ])('H-071 cookies %s stay a line each', (_what, rules, cookies, result) =>
    expect(after(rules, { 'set-cookie': cookies, 'x-cookie': 'x=1' }, 'reply')['set-cookie']).toEqual(result),
  )

  it('a function for a reply is given the reply', () =>
    expect(after({ set: { 'x-status': (_, answer) => String(answer?.status) } }, {}, 'reply')).toEqual({
      'x-status': '418',
    }))

  it('H-062 aliases of what rules govern go, in requests only', () => {
    const rules = { set: { 'x-user': '7' }, rename: { 'x-from': 'x-to' }, remove: ['x-admin'] }
    const before = { x_user: 'evil', 'x_user-id': 'kept', x_admin: 'evil', x_to: 'evil', x_from: 'evil' }
    expect(after(rules, before)).toEqual({ 'x-user': '7', 'x_user-id': 'kept' })
    expect(after(rules, before, 'reply')).toEqual({ ...before, 'x-user': '7' })
  })

  it('a rule may set a name with _ itself', () =>
    expect(after({ set: { 'x-user': '7', x_user: '7' } }, { x_user: 'evil' })).toEqual({ 'x-user': '7', x_user: '7' }))

  const framing =
    'Connection Keep-Alive Proxy-Connection Content-Length Transfer-Encoding TE Trailer Upgrade HTTP2-Settings Expect'

  it.each(framing.split(' '))('H-155 H-153 %s is not for rules', (name) => {
    for (const rules of [
      { set: { [name]: '1' } },
      { append: { [name]: '1' } },
      { rename: { [name]: 'x' } },
      { rename: { x: name } },
      { remove: [name] },
    ])
      expect(() => compileRules('f', rules, 'reply')).toThrow(/no fields that frame a message/)
  })

  it.each([
    [{ set: { 'a b': '1' } }, /names of header fields/],
    [{ set: { '': '1' } }, /names of header fields/],
    [{ set: { ':path': '1' } }, /names of header fields/],
    [{ set: { a: 'x\r\ny: z' } }, /a value that can be written/],
    [{ set: { a: 'x\0' } }, /a value that can be written/],
    [{ set: { a: '€' } }, /a value that can be written/],
    [{ set: { a: 5 } }, /option "set\.a" is 5; allowed: a text, several, or a function/],
    [{ set: { a: '{nobody}' } }, /"\{nobody\}"/],
    [{ set: { host: 'a b' } }, /a value that can be written/],
    [{ remove: ['host'] }, /every request has/],
    [{ rename: { Host: 'x-host' } }, /every request has/],
    [{ append: { 'content-type': 'text/x' } }, /may stand more than once/],
    [{ append: { Authorization: 'x' } }, /may stand more than once/],
    [{ sett: {} }, /Did you mean "set"/],
    [{ remove: 'x' }, /an array of strings/],
  ])('H-155 refuses %j', (rules, message) =>
    expect(() => compileRules('f', rules as never, 'request')).toThrow(message),
  )

  it.each([
    ['a line break', () => 'x\r\ny: z'],
    ['a lone surrogate', () => '\ud800'],
    ['a number', () => 5],
    ['a list with one', () => ['x', 5]],
    ['null', () => null],
    ['a promise that rejects', async () => Promise.reject(new Error('late'))],
  ])('H-023 H-096 a function that returns %s fails, and nothing is written', (_what, value) =>
    expect(() => after({ set: { a: value as never } }, {})).toThrow(
      expect.objectContaining({ code: 'ERR_EDGE_BAD_VALUE' }),
    ),
  )

  it('H-013 a Host that is made of a request is held to the rules of Host', () => {
    const rules = compileRules('f', { set: { host: '{headers.x-host}.test' } }, 'request')
    const headers = toHeaders()
    rules.apply(headers, asked('/', { headers: { 'x-host': 'b' } }))
    expect(headers['host']).toBe('b.test')
    for (const evil of ['a/b', 'u@a', 'a b', 'a:1:'])
      expect(() => rules.apply(toHeaders(), asked('/', { headers: { 'x-host': evil } }))).toThrow(EdgeError)
  })

  it('H-023 whatever a request holds, no rule writes what a field can’t hold', () => {
    const change = compileRules(
      'f',
      { set: { a: '{headers.x}{params.p}', b: ({ headers }) => headers['x'] } },
      'request',
    )!
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (x, p) => {
        const headers = toHeaders()
        try {
          change.apply(headers, asked('/', { headers: { x }, params: { p } }))
        } catch (error) {
          expect((error as EdgeError).code).toBe('ERR_EDGE_BAD_VALUE')
          return
        }
        for (const name of ['a', 'b']) expect(String(headers[name] ?? '')).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
      }),
    )
  })
})
