import { type HttpSignatureOptions, httpSignature } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Received, received, run } from './received.js'
import { AT, handSigned, keys } from './signed.js'

const statusOf = async (
  url: string,
  lines: readonly string[],
  { more = {}, ...rest }: Received & { more?: Partial<HttpSignatureOptions> } = {},
): Promise<number> => {
  const identifiers = lines.map((line) => line.slice(0, line.indexOf(': '))).join(' ')
  const fields = [...(rest.fields ?? []), ...handSigned(lines, identifiers)]
  const exchange = received(url, { ...rest, fields })
  const make = (events: never) => httpSignature({ keys, components: [], now: () => AT, events, ...more })
  return (await run(make as never, exchange)).status
}

describe('derived components', () => {
  it.each<[url: string, line: string, more?: Received]>([
    ['http://www.example.com/', '"@method": POST', { method: 'POST' }],
    ['https://www.example.com/path?param=value', '"@target-uri": https://www.example.com/path?param=value'],
    ['https://WWW.example.com:443/path', '"@target-uri": https://www.example.com/path'],
    ['https://www.example.com/path', '"@authority": www.example.com'],
    ['https://www.example.com:8443/path', '"@authority": www.example.com:8443'],
    ['http://www.example.com:443/path', '"@authority": www.example.com:443'],
    ['http://[2001:db8::1]:80/', '"@authority": [2001:db8::1]'],
    ['http://www.example.com/path', '"@scheme": http'],
    ['https://www.example.com/path', '"@scheme": https'],
    ['https://www.example.com/path?param=value', '"@request-target": /path?param=value'],
    [
      'https://www.example.com/path?a',
      '"@request-target": http://www.example.com/path?a',
      { target: 'http://www.example.com/path?a' },
    ],
    ['https://www.example.com/path?a', '"@path": /path', { target: 'http://www.example.com/path?a' }],
    ['https://www.example.com/?a', '"@path": /', { target: 'http://www.example.com?a' }],
    ['https://www.example.com/?a', '"@query": ?a', { target: 'http://www.example.com?a' }],
    ['https://www.example.com/path?param=value', '"@path": /path'],
    // What was sent, not what it is made into.
    ['https://www.example.com/a', '"@path": //%61', { target: '//%61' }],
    ['https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman', '"@query": ?param=value&foo=bar&baz=bat%2Dman'],
    ['https://www.example.com/path?queryString', '"@query": ?queryString'],
    ['https://www.example.com/path', '"@query": ?'],
    ['https://www.example.com/path?param=value&foo=bar&baz=batman&qux=', '"@query-param";name="baz": batman'],
    ['https://www.example.com/path?param=value&foo=bar&baz=batman&qux=', '"@query-param";name="qux": '],
    [
      'https://a.test/parameters?var=this%20is%20a%20big%0Amultiline%20value',
      '"@query-param";name="var": this%20is%20a%20big%0Amultiline%20value',
    ],
    ['https://a.test/parameters?bar=with+plus+whitespace', '"@query-param";name="bar": with%20plus%20whitespace'],
    [
      'https://a.test/parameters?fa%C3%A7ade%22%3A%20=something',
      '"@query-param";name="fa%C3%A7ade%22%3A%20": something',
    ],
    ["https://a.test/p?x=!'()*~", '"@query-param";name="x": %21%27%28%29*%7E'],
  ])('RFC 9421 §2.2: of %s %s', async (url, line, more) => {
    expect(await statusOf(url, [line], more)).toBe(200)
    expect(await statusOf(url, [`${line}x`], more)).toBe(401)
  })

  it('H-155 one that stands twice makes none good', async () => {
    const line = '"@method": GET'
    for (const [lines, identifiers, status] of [
      [[line], '"@method"', 200],
      [[line], '"@method" "@method"', 401],
      [[line, line], '"@method" "@method"', 401],
    ] as const) {
      const exchange = received('https://a.test/', { fields: handSigned(lines, identifiers) })
      const ran = await run(() => httpSignature({ keys, components: [], now: () => AT }), exchange)
      expect(ran.status).toBe(status)
    }
  })

  it.each([
    '"@status": 200',
    '"@method";req: GET',
    '"@path";bs: /p',
    '"@unknown": x',
    '"@query-param": 1',
    '"@query-param";name="twice": 1',
    '"@query-param";name="absent": ',
    '"@query-param";name="a";x: 1',
    '"@query-param";name=a: 1',
    '"@Method": GET',
    '"absent": ',
  ])('H-155 %s is nothing that a request has', async (line) => {
    expect(await statusOf('https://a.test/p?a=1&twice=1&twice=1', [line])).toBe(401)
  })
})

describe('fields as components', () => {
  const fields = [
    ['X-OWS', '  Leading and trailing whitespace.   '],
    ['Cache-Control', 'max-age=60'],
    ['Cache-Control', '    must-revalidate'],
    ['Example-Dict', ' a=1,    b=2;x=1;y=2,   c=(a   b   c), d'],
    ['X-Empty', ''],
    ['X-Latin', 'f\u00fc'],
    ['Priority', 'u=1,   i'],
    ['Cookie', 'a=1'],
    ['Cookie', 'b=2'],
    ['Not-Structured', 'a=,'],
  ] as const

  it.each([
    '"x-ows": Leading and trailing whitespace.',
    '"cache-control": max-age=60, must-revalidate',
    '"example-dict": a=1,    b=2;x=1;y=2,   c=(a   b   c), d',
    '"example-dict";key="a": 1',
    '"example-dict";key="b": 2;x=1;y=2',
    '"example-dict";key="c": (a b c)',
    '"example-dict";key="d": ?1',
    '"x-empty": ',
    '"cache-control";bs: :bWF4LWFnZT02MA==:, :bXVzdC1yZXZhbGlkYXRl:',
    '"x-latin";bs: :Zvw=:',
    '"x-latin": f\u00fc',
    '"priority";sf: u=1, i',
    '"example-dict";sf: a=1, b=2;x=1;y=2, c=(a b c), d',
    '"cookie": a=1; b=2',
  ])('RFC 9421 §2.1: %s', async (line) => {
    const more = { structuredFields: { 'Example-Dict': 'dictionary' } } as const
    expect(await statusOf('https://a.test/', [line], { fields, more })).toBe(200)
    expect(await statusOf('https://a.test/', [`${line}x`], { fields, more })).toBe(401)
  })

  it.each([
    '"example-dict";key="z": 1',
    '"example-dict";sf: a=1',
    '"not-structured";key="a": 1',
    '"x-ows";sf: 1',
    '"x-ows";tr: Leading and trailing whitespace.',
    '"x-ows";unknown: Leading and trailing whitespace.',
    '"x-ows";bs;sf: 1',
    '"x-ows";bs=?0: Leading and trailing whitespace.',
    '"X-OWS": Leading and trailing whitespace.',
    '"x-ows:": Leading and trailing whitespace.',
  ])('H-155 %s is no component', async (line) => {
    expect(await statusOf('https://a.test/', [line], { fields })).toBe(401)
  })
})
