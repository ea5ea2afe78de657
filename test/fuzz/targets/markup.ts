import { parse as parseGraphql } from 'graphql'
import { askedByJson, askedByUrl } from '../../../src/filters/validate/graphql/asking.js'
import { Documents, operationIn } from '../../../src/filters/validate/graphql/documents.js'
import { measure } from '../../../src/filters/validate/graphql/measure.js'
import { scanXml, type XmlRules } from '../../../src/filters/validate/xml-scan.js'
import type { JsonLimits } from '../../../src/http/json-limits.js'
import { type FuzzTarget, promise, same } from '../target.js'

const XML: XmlRules = {
  maxDepth: 8,
  maxElements: 20,
  maxAttributes: 4,
  maxNameLength: 20,
  maxAttributeLength: 40,
  instructions: 'allow',
}

/** What passes has no declaration, no entity of its own, and is balanced by the plainest count. */
export const xmlScan: FuzzTarget = {
  name: 'xml-limits',
  corpus: [
    '<?xml version="1.0" encoding="UTF-8"?><a b="c"><d/>text &amp; &#65;<!-- x --></a>',
    '<a><![CDATA[<b>]]></a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<x:y xmlns:x="u"><?p i?></x:y >',
    '<a b="1" b="2"/>',
  ],
  pieces: [
    '<a>',
    '</a>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE',
    '<!ENTITY',
    '&lt;',
    '&x;',
    '&#x41;',
    '<?xml version="1.0"?>',
    ' b="c"',
    '/>',
    '<?x ',
    '?>',
  ],
  text: true,
  maxLength: 65_536,
  check(input) {
    const wrong = scanXml(input, XML)
    if (wrong !== null) return wrong
    const bare = input.replace(/<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>/gs, '')
    promise(!bare.includes('<!'), 'no declaration', bare)
    const tags = bare.match(/<[^>]*>/g) ?? []
    const [opened, closed, empty] = [/^<[^/]/, /^<\//, /\/>$/].map(
      (form) => tags.filter((tag) => form.test(tag)).length,
    )
    // A `>` within an attribute ends a tag for the plain count only.
    if (!/=\s*(?:"[^"<]*>|'[^'<]*>)/.test(bare)) same(opened! - empty!, closed, 'as many ends as beginnings')
    promise(opened! <= XML.maxElements && opened! > 0, 'within bounds', opened)
    return `${opened} ${input.includes('&')} ${input.includes('CDATA')}`
  },
}

const documents = new Documents('fuzz', 200)
const JSON_ROOM: JsonLimits = {
  maxDepth: 8,
  maxMembers: 100,
  maxItems: 6,
  maxStringLength: 4_096,
  duplicateNames: 'refuse',
}

/** GraphQL: measured, refused, or no GraphQL; never out of time or stack. */
export const graphql: FuzzTarget = {
  name: 'graphql',
  corpus: [
    '{ a { b c: d(x: 1) @skip(if: true) } }',
    'query Q($v: [Int] = [1]) { ...F } fragment F on T { a ...G } fragment G on T { b { __typename } }',
    'query A { a } query B { b }',
    'fragment F on T { ...F } query { ...F }',
    'mutation { x(a: {b: [$c, "s", """t"""]}) { __schema { types { name } } } }',
  ],
  pieces: [
    '{',
    '}',
    '...F',
    'fragment F on T { ',
    'query ',
    '@d(a: 1)',
    '(x: $v)',
    'a: ',
    '"""',
    '[',
    '$v',
    '__schema',
  ],
  text: true,
  check(input) {
    const document = documents.parse(input)
    if ('status' in document) return document.detail
    const operation = operationIn(document, null)
    if ('status' in operation) return operation.detail
    const found = measure(document, operation, {
      costOf: (_, below) => below + 1,
      variables: JSON.parse('{"v":1,"__proto__":2}'),
      valueOf: documents.valueOf,
    })
    if (typeof found === 'string') return found
    promise(
      Object.values(found).every((value) => typeof value === 'boolean' || (Number.isFinite(value) && value >= 0)),
      'measures',
      found,
    )
    same(
      parseGraphql(input, { noLocation: true }).definitions.length,
      document.definitions.length,
      'the document that was parsed',
    )
    return `${found.depth} ${found.aliases} ${found.directives} ${found.introspects}`
  },
}

export const graphqlRequests: FuzzTarget = {
  name: 'graphql-requests',
  corpus: [
    '?query=%7Ba%7D&variables=%7B%7D',
    '{"query":"{a}","variables":{"x":1},"operationName":"A"}',
    '[{"query":"{a}"},{"query":null}]',
    '?query=a&query=b',
    '?extensions=[]',
  ],
  pieces: ['?query=', '&variables=', '%7B', '&query=', '{"query":', '"variables":', '__proto__', '[', ']'],
  check(input) {
    const byUrl = askedByUrl(input, JSON_ROOM)
    const byBody = askedByJson(Buffer.from(input, 'latin1'), JSON_ROOM, 3)
    for (const asking of [byUrl, ...('status' in byBody ? [] : byBody)]) {
      if (asking === null || 'status' in asking) continue
      promise(asking.query === null || typeof asking.query === 'string', 'a query', asking)
      promise(typeof asking.variables === 'object' && asking.variables !== null, 'variables', asking)
    }
    return `${byUrl !== null && 'status' in byUrl ? byUrl.detail : byUrl === null} ${'status' in byBody ? byBody.detail : byBody.length}`
  },
}
