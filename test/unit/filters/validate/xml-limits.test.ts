import { bytesBody, type XmlLimitsOptions, xmlLimits } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { posted, tried } from './kit.js'

const limited =
  (options: XmlLimitsOptions = {}) =>
  (events: XmlLimitsOptions['events']) =>
    xmlLimits({ ...options, events })
const xml = (text: string | Uint8Array, type = 'application/xml') => posted('', { type, body: bytesBody(text) })
const why = async (text: string, options?: XmlLimitsOptions) => {
  const { status, json } = await tried(limited(options), xml(text))
  return status === 200 ? null : `${status} ${json.detail}`
}

const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  .map((name, at) => `<!ENTITY ${name} "${`&${'abcdefgh'[at]};`.repeat(10)}">`)
  .join('')}]><lolz>&i;</lolz>`

describe('xmlLimits', () => {
  it.each([
    '<a/>',
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<a>b</a>\n',
    "<?xml version='1.0' encoding='utf-8'?><!-- x --><a b='c' d=\"e\" ><f:g xmlns:f='urn:x'/><![CDATA[ <&]] > ]]></a><!-- y -->",
    '\ufeff<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</a>',
    '<ü ö="ä">😀</ü>',
    '<a b="]]> > &#10;">]] ></a>',
    '<a><!-- <b> &x; <!DOCTYPE> --><![CDATA[&x;<!DOCTYPE a>]]></a>',
    '<a.b-c:d_1/>',
  ])('lets %s pass, as the bytes that came', async (text) => {
    const { status, passed } = await tried(limited(), xml(text))
    expect(status).toBe(200)
    expect(Buffer.from((passed!.body as { bytes: Uint8Array }).bytes).toString()).toBe(text)
  })

  it.each([
    ['billion laughs', laughs],
    ['quadratic blow-up', `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(50_000)}">]><a>${'&b;'.repeat(10_000)}</a>`],
    ['XXE, a file', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['XXE, a parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://a.test/"> %x;]><a/>'],
    ['a document type of another place', '<!DOCTYPE a SYSTEM "http://a.test/a.dtd"><a/>'],
    ['a document type in lower case', '<!doctype a><a/>'],
    ['a document type inside', '<a><!DOCTYPE b><b/></a>'],
    ['an entity declared nowhere', '<!ENTITY x "y"><a/>'],
  ])('refuses %s, and expands nothing', async (_what, text) =>
    expect(await why(text)).toBe('400 The body holds a document type.'),
  )

  it.each([
    ['<a>&x;</a>', 'an entity that XML does not have by itself'],
    ['<a b="&x;"/>', 'an entity that XML does not have by itself'],
    ['<a>&</a>', 'an entity that XML does not have by itself'],
    ['<a>&lt</a>', 'an entity that XML does not have by itself'],
    ['<a>&#99999999;</a>', 'an entity that XML does not have by itself'],
    ['<?xml version="1.0" encoding="UTF-16"?><a/>', 'an encoding other than UTF-8'],
    ['<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-', 'an encoding other than UTF-8'],
    ['<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'an encoding other than UTF-8'],
    ['<?xml version="1.1"?><a/>', 'a processing instruction'],
    [' <?xml version="1.0"?><a/>', 'a processing instruction'],
    ['<?xml-stylesheet href="http://a.test"?><a/>', 'a processing instruction'],
    ['<a><?php x ?></a>', 'a processing instruction'],
    ['<a><b></a></b>', 'an end of an element that does not fit'],
    ['</a>', 'an end of an element that does not fit'],
    ['<a></a></a>', 'an end of an element that does not fit'],
    ['<a>', 'no whole element'],
    ['', 'no whole element'],
    ['<!-- x -->', 'no whole element'],
    ['x<a/>', 'text outside of its element'],
    ['<a/>x', 'text outside of its element'],
    ['<a/><![CDATA[x]]>', 'text outside of its element'],
    ['<a/><b/>', 'a second outermost element'],
    ['<a b=c/>', 'a tag without an end'],
    ['<a b="<"/>', 'a tag without an end'],
    ['<a b="c"d="e"/>', 'a tag without an end'],
    ['<a', 'a tag without an end'],
    ['< a/>', 'a < that begins nothing'],
    ['<1/>', 'a < that begins nothing'],
    ['<a b="1" b="2"/>', 'an attribute that stands twice'],
    ['<a><!-- x -- y --></a>', 'a comment without an end'],
    ['<a><!-- x', 'a comment without an end'],
    ['<a><![CDATA[ x', 'a section of text without an end'],
    ['<a>]]></a>', 'a ]]> without its beginning'],
    ['<a>\u0000</a>', 'a control character'],
    ['<a>\u000b</a>', 'a control character'],
  ])('refuses %j: %s', async (text, words) => {
    if (text === '') return
    expect(await why(text)).toBe(`400 The body holds ${words}.`)
  })

  it('refuses bytes that are not UTF-8: markup hides in other encodings, and in overlong forms', async () => {
    const utf16 = Buffer.from('\ufeff<!DOCTYPE a><a/>', 'utf16le')
    expect((await tried(limited(), xml(utf16))).json.detail).toBe('The body holds text that is not UTF-8.')
    expect((await tried(limited(), xml(Buffer.from('<\0a\0/\0>\0')))).status).toBe(400)
    expect((await tried(limited(), xml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xc0, 0xbc, 0x21)))).status).toBe(400)
  })

  it.each([
    [{ maxDepth: 2 }, '<a><b><c/></b></a>', 'more than 2 levels'],
    [{ maxElements: 2 }, '<a><b/><b/></a>', 'more than 2 elements'],
    [{ maxAttributes: 1 }, '<a b="" c=""/>', 'more than 1 attributes'],
    [{ maxNameLength: 2 }, '<abc/>', 'a name of more than 2 characters'],
    [{ maxNameLength: 2 }, '<a bcd=""/>', 'a name of more than 2 characters'],
    [{ maxAttributeLength: 2 }, '<a b="123"/>', 'an attribute of more than 2 characters'],
  ] as const)('%j refuses %s', async (options, text, words) => {
    expect(await why(text, options)).toBe(`400 The body holds ${words}.`)
  })

  it('processing instructions pass where they may, and no second declaration', async () => {
    expect(await why('<?a b?><a><?b ?></a>', { instructions: 'allow' })).toBeNull()
    expect(await why('<a><?xml version="1.0"?></a>', { instructions: 'allow' })).toMatch('a processing instruction')
    expect(await why('<a><?b </a>', { instructions: 'allow' })).toMatch('without an end')
  })

  it('H-157 a body past maxBytes is a 413', async () => expect(await why('<abc/>', { maxBytes: 5 })).toMatch('413'))

  it('H-201 a million attributes, elements and levels are refused, in time that goes with the bytes', async () => {
    const loose: XmlLimitsOptions = { maxBytes: 2 ** 26 }
    const many = Array.from({ length: 1_000_000 }, (_, at) => `a${at}=""`).join(' ')
    expect(await why(`<a ${many}/>`, loose)).toMatch('more than 64 attributes')
    expect(await why(`<a>${'<b/>'.repeat(1_000_000)}</a>`, loose)).toMatch('more than 10000 elements')
    expect(await why('<a>'.repeat(1_000_000), loose)).toMatch('more than 64 levels')
  })

  it.each([
    ['blanks', `<a ${' '.repeat(2e6)}`],
    ['a name', `<${'a'.repeat(2e6)}`],
    ['an attribute’s name', `<a ${'b'.repeat(2e6)}`],
    ['an attribute', `<a b="${'c'.repeat(2e6)}`],
    ['ampersands', `<a>${'&amp;'.repeat(4e5)}</a>`],
    ['comments', `<a>${'<!---->'.repeat(3e5)}</a>`],
    ['brackets', `<a>${']'.repeat(2e6)}</a>`],
    ['a declaration', `<?xml${' '.repeat(2e6)}version`],
  ])('takes time in proportion to the bytes of %s', async (_what, text) => {
    const before = performance.now()
    await why(text, { maxBytes: 2 ** 26, maxNameLength: 1e8, maxAttributeLength: 1e8 })
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it.each(['text/xml', 'application/soap+xml; charset=utf-8', 'Application/XML'])('H-203 %s is XML', async (type) =>
    expect((await tried(limited(), xml('<a', type))).status).toBe(400),
  )

  it.each(['application/xml garbage', 'text/xml; charset=utf-16', 'text/xml; charset="utf-7"', 'xml'])(
    'H-203 %s is a 415',
    async (type) => expect((await tried(limited(), xml('<a/>', type))).status).toBe(415),
  )

  it('what is not said to be XML passes unread, or is refused; so do requests without a body, and upgrades', async () => {
    const json = posted('{}')
    expect((await tried(limited(), json)).passed).toBe(json)
    expect((await tried(limited({ otherTypes: 'refuse' }), json)).status).toBe(415)
    for (const exchange of [asked('/'), asked('/', { upgrade: true })])
      expect((await tried(limited({ otherTypes: 'refuse' }), exchange)).passed).toBe(exchange)
  })

  it.each([[{ maxDepth: 0 }], [{ instructions: 'drop' }], [{ dtd: true }]])('refuses the options %j', (options) =>
    expect(() => xmlLimits(options as never)).toThrow('xmlLimits'),
  )
})
