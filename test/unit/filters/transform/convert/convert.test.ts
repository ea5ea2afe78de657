import { type Conversion, type ConvertOptions, convert } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { Feed } from '../../../feed.js'
import { asking } from '../../coding-kit.js'
import { ran } from '../../ran.js'
import { got, passed, posting, typed } from '../kit.js'

const TYPES = {
  xml: 'application/xml',
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
}

/** What a conversion makes of a request; a reply must become the same. */
async function made(conversion: Conversion, content: string, more: ConvertOptions = {}): Promise<string> {
  const type = TYPES[conversion.from]
  const { status, text, headers } = await passed(convert({ request: conversion, ...more }), posting(content, type))
  if (status !== 0) throw new Error(`${status}: ${JSON.parse(text).detail}`)
  expect(headers['content-type']).toBe(TYPES[conversion.to])
  const answer = await got(convert({ reply: conversion, ...more }), typed(content, type))
  expect([answer.text, answer.headers['content-type']]).toEqual([text, TYPES[conversion.to]])
  return text
}

/** Why a request is a 400; the same reply must be a 502. */
async function refused(conversion: Conversion, content: string | Buffer, more: ConvertOptions = {}): Promise<string> {
  const type = TYPES[conversion.from]
  await expect(got(convert({ reply: conversion, ...more }), typed(content, type))).rejects.toMatchObject({
    code: 'ERR_EDGE_BAD_REPLY',
  })
  const failed = passed(convert({ request: conversion, ...more }), posting(content, type))
  return failed.then(
    ({ status, text }) => (status === 400 ? JSON.parse(text).detail : `${status}`),
    ({ status, message }) => (status === 400 ? message : String(message)),
  )
}

describe('convert xml to json', () => {
  const xml = { from: 'xml', to: 'json' } as const

  it.each([
    ['<a/>', '{"a":""}'],
    ['<?xml version="1.0" encoding="UTF-8"?>\n<!-- x --><a> b </a>\n', '{"a":" b "}'],
    ['<a><b>1</b><b>2</b><c>007</c></a>', '{"a":{"b":["1","2"],"c":"007"}}'],
    ['<a id="1" x:y=\'&quot;\'>text</a>', '{"a":{"@id":"1","@x:y":"\\"","#text":"text"}}'],
    ['<a>\n  <b/>\n  text\n</a>', '{"a":{"b":"","#text":"\\n  \\n  text\\n"}}'],
    ['<a b=""> </a>', '{"a":{"@b":"","#text":" "}}'],
    ['<a>&lt;b&gt; &amp;lt; &#65;&#x1F600;</a>', '{"a":"<b> &lt; A😀"}'],
    ['<a><![CDATA[<b>&amp;]]]]><![CDATA[></b>]]></a>', '{"a":"<b>&amp;]]></b>"}'],
    ['<s:Envelope xmlns:s="urn:x"><s:Body/></s:Envelope>', '{"s:Envelope":{"@xmlns:s":"urn:x","s:Body":""}}'],
    ['\ufeff<a/>', '{"a":""}'],
    ['<a>12345678901234567890</a>', '{"a":"12345678901234567890"}'],
  ])('%j is %s', async (text, json) => expect(await made(xml, text)).toBe(json))

  it('H-154 keeps names that JavaScript knows as names like any other', async () => {
    const text =
      '<a><__proto__><polluted>1</polluted></__proto__><constructor prototype="2"/><toString>3</toString><hasOwnProperty/></a>'
    expect(await made(xml, text)).toBe(
      '{"a":{"__proto__":{"polluted":"1"},"constructor":{"@prototype":"2"},"toString":"3","hasOwnProperty":""}}',
    )
    expect(await made({ ...xml, attributePrefix: '$' }, '<a __proto__="1" valueOf="2"/>')).toBe(
      '{"a":{"$__proto__":"1","$valueOf":"2"}}',
    )
    expect(await made({ ...xml, dropRoot: true }, '<__proto__ x="1"/>')).toBe('{"@x":"1"}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    [{ arrays: ['b'] }, '<a><b>1</b><c><b/></c></a>', '{"a":{"b":["1"],"c":{"b":[""]}}}'],
    [{ arrays: ['a.b'] }, '<a><b>1</b><c><b/></c></a>', '{"a":{"b":["1"],"c":{"b":""}}}'],
    [{ dropRoot: true }, '<a><b>1</b></a>', '{"b":"1"}'],
    [{ attributePrefix: '_', textName: 'value' }, '<a b="1">2</a>', '{"a":{"_b":"1","value":"2"}}'],
    [
      { typed: true },
      '<a b="1"><c>-1.50</c><d>true</d><e>007</e><f>9007199254740993</f><g>1e5</g></a>',
      '{"a":{"@b":1,"c":-1.50,"d":true,"e":"007","f":9007199254740993,"g":"1e5"}}',
    ],
  ])('with %j %s is %s', async (options, text, json) => expect(await made({ ...xml, ...options }, text)).toBe(json))

  it.each([
    ['a document type', '<!DOCTYPE a><a/>', /document type/],
    [
      'an external entity',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      /document type|well-formed/,
    ],
    ['entities within entities', '<!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;">]><a>&y;</a>', /document type/],
    ['an entity that is not XML’s', '<a>&nbsp;</a>', /entity/],
    ['an entity of Object’s', '<a>&constructor;</a>', /entity/],
    ['a reference to NUL', '<a>&#0;</a>', /entity/],
    ['a reference to half a pair', '<a b="&#xD800;"/>', /entity/],
    ['an ampersand', '<a>a & b</a>', /entity|well-formed/],
    ['no end', '<a><b></a>', /well-formed/],
    ['two roots', '<a/><b/>', /well-formed/],
    ['text behind the root', '<a/>x', /well-formed/],
    ['text before the root', 'x<a></a>', /well-formed/],
    ['CDATA behind the root', '<a/><![CDATA[x]]>', /well-formed/],
    ['ends that cross', '<a><b></a></b>', /well-formed/],
    ['an end without a beginning', '<a></a></b>', /well-formed/],
    ['an attribute without quotes', '<a b=1/>', /well-formed/],
    ['an attribute without a value', '<a b/>', /well-formed/],
    ['a raw control character', '<a>\u0001</a>', /well-formed|character/],
    ['a comment that does not end', '<a/><!-- ', /well-formed/],
    ['text only', 'hello', /well-formed/],
    ['white space only', '  ', /well-formed|no element/],
    ['two attributes of a name', '<a b="1" b="2"/>', /well-formed/],
    ['Latin-1, as it says', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /not UTF-8/],
  ])('refuses %s', async (_what, text, why) => expect(await refused(xml, text)).toMatch(why))

  it('refuses what is not UTF-8', async () => {
    expect(await refused(xml, Buffer.from('<a>\xe4</a>', 'latin1'))).toMatch(/UTF-8/)
  })

  it('H-157 holds depth, attributes and size to their limits', async () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(await made(xml, nested(100))).toContain('{"a":""}')
    for (const depth of [102, 50_000]) expect(await refused(xml, nested(depth))).toMatch(/nested too deep/)
    const wide = (count: number): string => `<a ${Array.from({ length: count }, (_, at) => `a${at}="1"`).join(' ')}/>`
    await made({ ...xml, maxAttributes: 100 }, wide(100))
    expect(await refused(xml, wide(101))).toMatch(/too many attributes/)
    const { status } = await passed(convert({ request: xml, maxBytes: 100 }), posting(nested(50), TYPES.xml))
    expect(status).toBe(413)
  })

  it.each(['text/xml', 'application/soap+xml; action="x"', 'application/atom+xml'])('takes %s', async (type) => {
    expect((await passed(convert({ request: xml }), posting('<a/>', type))).text).toBe('{"a":""}')
  })

  it('leaves what is JSON already alone', async () => {
    expect(await passed(convert({ request: xml }), posting('[1]', TYPES.json))).toMatchObject({
      status: 0,
      text: '[1]',
    })
  })
})

describe('convert json to xml', () => {
  const json = { from: 'json', to: 'xml' } as const
  const head = '<?xml version="1.0" encoding="UTF-8"?>'

  it.each([
    [{}, '{"a":{"b":[1,"2",true,null],"c":{}}}', '<a><b>1</b><b>2</b><b>true</b><b/><c/></a>'],
    [{}, '{"a":{"@id":7,"@x":null,"#text":"t","b":[]}}', '<a id="7" x="">t</a>'],
    [{}, '{"a":12345678901234567890.10}', '<a>12345678901234567890.10</a>'],
    [{ root: 'r' }, '{"a":1,"b":2}', '<r><a>1</a><b>2</b></r>'],
    [{ root: 'r' }, '"x"', '<r>x</r>'],
    [{ root: 'r' }, '[1,2]', '<r><item>1</item><item>2</item></r>'],
    [{ root: 'r', item: 'i' }, '[{"a":1}]', '<r><i><a>1</a></i></r>'],
    [{ attributePrefix: '$', textName: '_' }, '{"a":{"$b":1,"_":2}}', '<a b="1">2</a>'],
    [{}, '{"a":"<b>&\\"\\r\\n]]>"}', '<a>&lt;b&gt;&amp;&quot;&#13;\n]]&gt;</a>'],
    [{}, '{"a":{"@b":"<\\">&\\n\\t\'"}}', '<a b="&lt;&quot;&gt;&amp;&#10;&#9;\'"/>'],
    [{}, '{"__proto__":{"constructor":1}}', '<__proto__><constructor>1</constructor></__proto__>'],
    [{}, '{"größe":{"s:x":"😀"}}', '<größe><s:x>😀</s:x></größe>'],
  ])('with %j %s is %s', async (options, text, xml) =>
    expect(await made({ ...json, ...options }, text)).toBe(head + xml),
  )

  it.each([
    ['a name that is markup', '{"a><script":1}', /name/],
    ['a name with a space', '{"a":{"b c":1}}', /name/],
    ['an attribute that is markup', '{"a":{"@b=\\"1\\" c":1}}', /name/],
    ['no name', '{"":1}', /name/],
    ['a name that begins with a digit', '{"1":1}', /name/],
    ['a control character', '{"a":"\\u0000"}', /character/],
    ['half a pair', '{"a":"\\ud800"}', /character/],
    ['an array in an array', '{"a":{"b":[[1]]}}', /array in an array/],
    ['an object as an attribute', '{"a":{"@b":{}}}', /text can be/],
    ['two members without a root', '{"a":1,"b":2}', /one member/],
    ['an array of roots', '{"a":[1]}', /one member/],
    ['a number without a root', '1', /one member/],
    ['null without a root', 'null', /one member/],
    ['a name twice', '{"a":1,"a":2}', /twice/],
    ['no JSON', '<a/>', /not JSON/],
  ])('refuses %s', async (_what, text, why) => expect(await refused(json, text)).toMatch(why))

  it('H-160 refuses what is nested too deep', async () => {
    expect(await refused({ ...json, root: 'r' }, '{"a":'.repeat(100_000))).toMatch(/more than 100 levels/)
  })

  it('sends the type that it is told to', async () => {
    const soap = convert({ request: { ...json, contentType: 'text/xml; charset=utf-8' } })
    expect((await passed(soap, posting('{"a":1}', TYPES.json))).headers['content-type']).toBe('text/xml; charset=utf-8')
  })

  it('what was XML comes back', async () => {
    const xml = `${head}<a b="1&#10;&amp;"><c>&lt;😀 &#13;</c><d/><d>x</d></a>`
    expect(await made(json, await made({ from: 'xml', to: 'json' }, xml))).toBe(xml)
  })
})

describe('convert forms', () => {
  it.each([
    [{}, 'a=1&b=x+y%20z&a=2&c&d=', '{"a":["1","2"],"b":"x y z","c":"","d":""}'],
    [{ arrays: ['a', 'z'] }, 'a=1&b=2', '{"a":["1"],"b":"2"}'],
    [{}, '__proto__=1&__proto__=2&constructor=3&a[b]=4', '{"__proto__":["1","2"],"constructor":"3","a[b]":"4"}'],
    [{}, 'a=%ff%zz&=1', '{"a":"�%zz","":"1"}'],
  ])('with %j the form %s is %s', async (options, form, json) => {
    expect(await made({ from: 'form', to: 'json', ...options }, form)).toBe(json)
  })

  it('H-157 counts fields', async () => {
    const form = { from: 'form', to: 'json', maxFields: 3 } as const
    await made(form, 'a&b&c')
    expect(await refused(form, 'a&b&c&d')).toBe('the form has more than 3 fields')
  })

  it('JSON becomes a form', async () => {
    expect(
      await made(
        { from: 'json', to: 'form' },
        '{"a":[1,"x y"],"b":true,"c":null,"d":1e400,"é&":"=","__proto__":2,"e":[]}',
      ),
    ).toBe('a=1&a=x+y&b=true&c=&d=1e400&%C3%A9%26=%3D&__proto__=2')
  })

  it.each(['[]', '1', 'null', '{"a":{}}', '{"a":[[1]]}', '{"a":[{}]}'])('JSON %s becomes none', async (json) => {
    expect(await refused({ from: 'json', to: 'form' }, json)).toMatch(/the JSON/)
  })

  it('an empty one has no body', async () => {
    const filter = convert({ request: { from: 'json', to: 'form' } })
    expect(await passed(filter, posting('{}', TYPES.json))).toMatchObject({
      text: '',
      headers: { 'content-length': '0' },
    })
  })
})

describe('convert ndjson to json', () => {
  const ndjson = { from: 'ndjson', to: 'json' } as const

  it.each([
    ['{"a":1}\n{"a":12345678901234567890}\r\n', '[{"a":1},{"a":12345678901234567890}]'],
    ['{ "é": "😀" }\n\n  \n[1e400, 1.0]', '[{ "é": "😀" },[1e400, 1.0]]'],
    ['', '[]'],
    ['\n\r\n', '[]'],
    ['1', '[1]'],
    ['\ufeff1\n2', '[1,2]'],
    ['{"a":1,"a":2}\n"\\u0000\\ud800"', '[{"a":1,"a":2},"\\u0000\\ud800"]'],
  ])('H-160 H-156 %j is %s, wherever it is cut', async (lines, json) => {
    if (lines !== '') expect(await made(ndjson, lines)).toBe(json)
    for (const chunk of [1, 2, 3, 7]) {
      const { body } = new Feed(Buffer.from(lines), { chunk, sized: false })
      expect((await got(convert({ reply: ndjson }), typed(body, TYPES.ndjson))).text).toBe(json)
    }
  })

  it.each([
    ['half a line', '{"a":1}\n{"a":', /not JSON/],
    ['two texts in a line', '1 2', /not JSON/],
    ['what would close the array', '1]\n', /not JSON/],
    ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
  ])('H-160 refuses %s', async (_what, lines, why) => expect(await refused(ndjson, lines)).toMatch(why))

  it('H-156 what is wrong with the first line is known before a head goes out', async () => {
    const { body } = new Feed(Buffer.from('x\n1\n'), { slow: true, chunk: 2 })
    await expect(ran(convert({ reply: ndjson }), asking(), () => typed(body, TYPES.ndjson))).rejects.toMatchObject({
      status: 502,
    })
  })

  it('H-157 holds a line to its limit, and takes any number of them', async () => {
    const line = (length: number): string => `"${'x'.repeat(length - 2)}"`
    await made(ndjson, `${line(100)}\n`.repeat(100), { maxRecordBytes: 100 })
    expect(await refused(ndjson, line(101), { maxRecordBytes: 100 })).toMatch(/longer than 100 bytes/)
    const feed = new Feed(Buffer.alloc(8 << 20, 'x'), { slow: true })
    await expect(got(convert({ reply: ndjson }), typed(feed.body, TYPES.ndjson))).rejects.toMatchObject({ status: 502 })
    expect(feed.sent).toBeLessThan((1 << 20) + 65_536)
  })

  it('H-160 a line of 100,000 levels passes', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(await made(ndjson, deep)).toBe(`[${deep}]`)
  })

  it('H-090 what breaks off never becomes an array with an end', async () => {
    const feed = new Feed(Buffer.from('1\n2\n3\n'), { failAt: 4, chunk: 2, slow: true })
    await expect(got(convert({ reply: ndjson }), typed(feed.body, TYPES.ndjson))).rejects.toBe(feed.error)
  })
})

describe('convert csv to json', () => {
  const csv = { from: 'csv', to: 'json' } as const

  it.each([
    [{}, 'a,b\n1,2\n"x, ""y""\nz",\r\n', '[{"a":"1","b":"2"},{"a":"x, \\"y\\"\\nz","b":""}]'],
    [{}, '\ufeffé,b\r\n😀,2', '[{"é":"😀","b":"2"}]'],
    [{}, 'a,b\n', '[]'],
    [{}, 'a\n\n1\n', '[{"a":"1"}]'],
    [{ columns: ['x', 'y'] }, '1,2\n3,4\n', '[{"x":"1","y":"2"},{"x":"3","y":"4"}]'],
    [{ delimiter: ';' }, 'a;b\n1,5;2\n', '[{"a":"1,5","b":"2"}]'],
    [{}, '__proto__,constructor\n1,2\n', '[{"__proto__":"1","constructor":"2"}]'],
  ])('H-154 H-156 with %j %j is %s, wherever it is cut', async (options, text, json) => {
    expect(await made({ ...csv, ...options }, text)).toBe(json)
    for (const chunk of [1, 2, 3, 7]) {
      const { body } = new Feed(Buffer.from(text), { chunk, sized: false })
      expect((await got(convert({ reply: { ...csv, ...options } }), typed(body, TYPES.csv))).text).toBe(json)
    }
  })

  it.each([
    ['too few fields', 'a,b\n1\n', /CSV/],
    ['too many fields', 'a\n1,2\n', /CSV/],
    ['a quote without end', 'a\n"1\n', /CSV/],
    ['two columns of a name', 'a,a\n1,2\n', /same name/],
    ['a record that is too long', `a\n${'x'.repeat(200)}\n`, /too long/],
  ])('H-157 refuses %s', async (_what, text, why) => {
    expect(await refused(csv, text, { maxRecordBytes: 100 })).toMatch(why)
  })

  it('refuses more fields than the columns it was told', async () => {
    expect(await refused({ ...csv, columns: ['a'] }, '1,2\n')).toMatch(/columns/)
  })

  it('H-090 what breaks off never becomes an array with an end', async () => {
    const feed = new Feed(Buffer.from('a\n1\n2\n'), { failAt: 4, chunk: 2, slow: true })
    await expect(got(convert({ reply: csv }), typed(feed.body, TYPES.csv))).rejects.toBe(feed.error)
  })
})

describe('convert and Accept', () => {
  const reply = { from: 'xml', to: 'json' } as const
  const asks = (accept?: string) => asking(accept === undefined ? {} : { accept })

  it('asks the upstream for what can be converted, behind what the client accepts', async () => {
    expect((await passed(convert({ reply }), asks('application/json'))).headers['accept']).toBe(
      'application/json, application/xml;q=0.5, text/xml;q=0.5',
    )
    expect((await passed(convert({ reply }), asks())).headers['accept']).toBeUndefined()
  })

  it.each([
    ['application/json', true],
    ['application/xml', false],
    ['application/xml, application/json;q=0.9', false],
    ['application/json, application/xml;q=0.9', true],
    ['image/png', true],
    ['*/*', true],
    ['text/xml', false],
    ['', true],
    [undefined, true],
  ])('negotiates: %s', async (accept, converted) => {
    const filter = convert({ reply: { ...reply, negotiate: true } })
    const { text, headers } = await got(filter, typed('<a/>', 'text/xml', { vary: 'Origin' }), asks(accept))
    expect([text, headers['vary']]).toEqual([converted ? '{"a":""}' : '<a/>', 'Origin, Accept'])
    const kept = await got(filter, typed('x', 'text/plain'), asks(accept))
    expect(kept.headers['vary']).toBeUndefined()
  })

  it('adds to Vary what is not there', async () => {
    const filter = convert({ reply: { ...reply, negotiate: true } })
    for (const [before, after] of [
      ['*', '*'],
      ['accept', 'accept'],
    ] as const)
      expect((await got(filter, typed('<a/>', 'text/xml', { vary: before }))).headers['vary']).toBe(after)
    expect((await got(filter, typed('<a/>', 'text/xml'))).headers['vary']).toBe('Accept')
  })
})

describe('convert', () => {
  it.each([
    [{}, /request/],
    [{ request: { from: 'xml', to: 'xml' } }, /"from, to" is "xml to xml"; allowed: xml to json, json to xml/],
    [{ request: { from: 'toString', to: 'json' } }, /from, to/],
    [{ request: { from: 'xml', to: 'json', root: 'x' } }, /unknown option "root"/],
    [{ request: { from: 'json', to: 'xml', contentType: 'xml' } }, /contentType/],
    [{ request: { from: 'json', to: 'xml', root: 'a b' } }, /root/],
    [{ request: { from: 'json', to: 'xml', item: '<' } }, /item/],
    [{ request: { from: 'csv', to: 'json', delimiter: ';;' } }, /delimiter/],
    [{ request: { from: 'csv', to: 'json', columns: ['a', 'a'] } }, /columns/],
    [{ request: { from: 'form', to: 'json', negotiate: true } }, /unknown option "negotiate"/],
    [{ reply: { from: 'xml', to: 'json', negotiate: 1 } }, /negotiate/],
    [{ reply: { from: 'xml', to: 'json' }, maxDepth: 0 }, /maxDepth/],
  ])('refuses %j', (options, message) => {
    expect(() => convert(options as ConvertOptions)).toThrow(message)
  })
})
