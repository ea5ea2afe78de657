import { crc32 } from 'node:zlib'
import { readTemplate } from '../../../src/config/document/template.js'
import { parseYaml } from '../../../src/config/document/yaml.js'
import { decodeText, encodePathText, encodeText } from '../../../src/http/percent.js'
import { compileTemplate, type TemplateContext } from '../../../src/http/template.js'
import { templateParts } from '../../../src/http/template-parts.js'
import { compileFormat } from '../../../src/observing/log/line-format.js'
import { decodeEntry } from '../../../src/redis/entry-format.js'
import { compilePathTemplate } from '../../../src/routing/url-template.js'
import { testExchange } from '../../../src/testing/exchange.js'
import { attempt, edgeError, type FuzzTarget, promise, same, TOKEN, WRITABLE } from '../target.js'

const option = edgeError('ERR_EDGE_OPTION')

const CONTEXTS: readonly TemplateContext[] = ['field', 'path', 'query', 'value', 'authority']
const exchange = testExchange('/a%20b/c?q=%26x&e=a%0Ab', {
  headers: { cookie: 'c=d e', 'x-y': 'z/../?&#\xff' },
  params: { id: 'a b', '0': '../x' },
  client: { host: 'h.test', authority: 'h.test:80' },
})

/** H-023, H-153: a value never breaks out of its place. */
export const template: FuzzTarget = {
  name: 'template',
  corpus: [
    '/users/{params.id}?q={query.q}',
    '{method} {host}',
    '{{x}} {headers.x-y}',
    '/{params.0}/{cookies.c}',
    '{params.',
    '{path}{query}',
    '{base}/x',
  ],
  pieces: [
    '{',
    '}',
    '{{',
    '}}',
    '{params.id}',
    '{headers.x-y}',
    '{query.e}',
    '{cookies.c}',
    '{path}',
    '{host}',
    '{params.__proto__}',
    '{headers.constructor}',
    '?',
    '/',
  ],
  check(input) {
    const parts = templateParts(input)
    if (parts !== null) {
      const written = parts
        .map((part) => (typeof part === 'string' ? part.replace(/[{}]/g, '$&$&') : `{${part.name}}`))
        .join('')
      same(templateParts(written), parts, 'a template reads as it is written')
    }
    let outcome = ''
    for (const context of CONTEXTS) {
      const made = attempt(() => compileTemplate('fuzz', 'x', input, context), option)
      outcome += 'error' in made ? '-' : typeof made.value === 'string' ? 's' : 'f'
      if ('error' in made || typeof made.value === 'string') continue
      const value = made.value(exchange, exchange.params)
      // Beside what the author wrote there is nothing but what may stand in a URL.
      const isPlain = !/[^\x21-\x7e]/.test(input) && ['query', 'value', 'path'].includes(context)
      promise(!isPlain || !/[^\x21-\x7e]/.test(value), 'nothing breaks out of its place', value)
    }
    const path = attempt(() => compilePathTemplate('fuzz', 'x', input), option)
    if ('value' in path) {
      const href = attempt(() => path.value(exchange, exchange.params), edgeError('ERR_EDGE_BAD_TARGET', 400))
      if ('value' in href) promise(/^\/(?!\/)[\x21\x22\x24-\x7e]*$/.test(href.value), 'a target', href.value)
      outcome += 'value' in href
    }
    return outcome
  },
}

export const percent: FuzzTarget = {
  name: 'percent-encoding',
  corpus: ['a b', '%41%zz', '\xc3\xa9', '\ud800', "!'()*", '%25'],
  pieces: ['%', '%2', '%00', '%C3%A9'],
  text: true,
  check(input) {
    const text = encodeText(input)
    promise(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/.test(text), 'unreserved, or escaped', text)
    promise(
      /^[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/.test(encodePathText(input)),
      'what may stand in a path',
      encodePathText(input),
    )
    if (!/[^\0-\xff]/.test(input) && !/[\x80-\xff]/.test(input)) same(decodeText(text), input, 'decoded as it was')
    return `${text === input} ${decodeText(input) === input}`
  },
}

/** Formats of log lines. */
export const lineFormat: FuzzTarget = {
  name: 'line-format',
  corpus: ['{method} {path} {status}', 'common', '{headers.x}', '{{}}', '{time.local} {client.address}'],
  pieces: ['{', '}', '{status}', '{headers.', 'constructor', '{__proto__}'],
  maxLength: 1_024,
  check(input) {
    const made = attempt(() => compileFormat('fuzz', input), option)
    return 'error' in made ? 'refused' : `${made.value.headers.length}`
  },
}

/** `${NAME}`, and what of YAML is configuration: data, or a list of what is wrong. */
export const documents: FuzzTarget = {
  name: 'configuration-documents',
  corpus: [
    `a: \${A:-b}\nb: [1, {c: d}]\n`,
    'x: &a {y: 1}\nz: *a\n',
    `"\${file:x}$\${b}"`,
    `{"a": "\${__proto__}"}`,
    `[${'{c:, '.repeat(28)}{c: d}]`,
    '- !!str 1\n- |\n  text\n',
    '? a\n: b',
  ],
  pieces: [
    '${',
    '}',
    '$${',
    ':-',
    'file:',
    '&a ',
    '*a',
    '<<: ',
    '!!',
    '\n  ',
    '- ',
    ': ',
    '[',
    '{',
    '|\n',
    '__proto__: 1\n',
    '---\n',
    '#',
  ],
  text: true,
  // Of an author, and of a package whose time grows with the square of the depth.
  maxLength: 1_024,
  check(input) {
    const pieces = readTemplate(input)
    if (Array.isArray(pieces)) {
      const written = pieces
        .map((piece) => (piece.kind === 'text' ? piece.text.replaceAll('${', () => '$${') : piece.written))
        .join('')
      promise(
        written.replaceAll('$${', () => '${') === input.replaceAll('$${', () => '${'),
        'a template is all of its text',
        written,
      )
    }
    const { data, faults, positionOf } = parseYaml(input)
    for (const { message, position } of faults)
      promise(message !== '' && position!.line > 0, 'what is wrong, and where')
    if (faults.length === 0) {
      JSON.stringify(data)
      promise(data === null || typeof data !== 'object' || !Object.hasOwn(data, '__proto__'), 'no name that is none')
    }
    positionOf(['a', 0, 'b'])
    return `${faults.length === 0 ? typeof data : faults[0]!.message.slice(0, 30)} ${typeof pieces === 'string' ? 'bad' : pieces?.length}`
  },
}

const HEAD = {
  v: '',
  y: ['a'],
  f: { a: '1' },
  s: 200,
  h: { 'content-type': 'text/html', vary: ['a', 'b'] },
  p: null,
  q: 1,
  r: 2,
  t: ['t'],
  u: 100,
}

/** H-188: what a store gives back can be served, whoever wrote it, or it is a miss. */
export const storedEntry: FuzzTarget = {
  name: 'stored-entry',
  corpus: [
    JSON.stringify(HEAD),
    JSON.stringify({ ...HEAD, s: 206, p: { first: 0, last: 4, total: null } }),
    JSON.stringify({ ...HEAD, h: JSON.parse('{"__proto__":"x"}') }),
  ],
  pieces: [
    '"s":99,',
    '"s":1e3,',
    '"\\r\\n"',
    '"a b":"x",',
    '"transfer-encoding":"chunked",',
    '"\\u0000"',
    '[]',
    '{}',
    'null',
    '-1',
    '"connection":"x",',
    '\\u0100',
  ],
  check(input) {
    const json = Buffer.from(input, 'latin1')
    const blob = Buffer.concat([Buffer.from('EW\x01\0\0\0\0\0\0\0\0', 'latin1'), json, Buffer.from('body')])
    blob.writeUInt32BE(json.length, 7)
    blob.writeUInt32BE(crc32(blob.subarray(7)), 3)
    const entry = decodeEntry(blob, 5)
    if (entry === undefined) return 'miss'
    promise(
      Number.isInteger(entry.status) && entry.status >= 200 && entry.status <= 599,
      'a status that can be sent',
      entry.status,
    )
    for (const name of Object.keys(entry.headers)) {
      promise(TOKEN.test(name), 'a name that can be sent', name)
      for (const value of [entry.headers[name]].flat())
        promise(WRITABLE.test(value!), 'a value that can be sent', name, value)
    }
    const { part } = entry
    promise(part === null || (part.first >= 0 && part.last >= part.first), 'a part that is one', part)
    return `${entry.status} ${part === null}`
  },
}
