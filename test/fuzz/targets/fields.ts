import { readPairs } from '../../../src/filters/validate/pairs.js'
import { acceptsCoding, type ContentCoding, preferredCoding } from '../../../src/http/accept-encoding.js'
import { listMembers, splitUnquoted } from '../../../src/http/field-list.js'
import { splitLinks } from '../../../src/http/links.js'
import { readMediaType } from '../../../src/http/media-type.js'
import { onlyPair } from '../../../src/http/pairs.js'
import { formatSetCookie, parseSetCookie } from '../../../src/http/set-cookie.js'
import { type FuzzTarget, isPlainMap, promise, same, TOKEN, WRITABLE } from '../target.js'

const OFFERED: readonly ContentCoding[] = ['zstd', 'br', 'gzip', 'deflate']

/** H-161: one of those offered that is not refused, or none. */
export const acceptEncoding: FuzzTarget = {
  name: 'accept-encoding',
  corpus: [
    'gzip, deflate, br',
    'gzip;q=0',
    '*;q=0.5, identity;q=0',
    'x-gzip;q=1.000',
    'GZIP;Q=0.1, br;q=1.5',
    'br;q=0.001,br;q=0',
    '*',
  ],
  pieces: ['gzip', 'br', 'zstd', 'deflate', 'identity', '*', ';q=', '0.5', '1.0001', ', '],
  check(input) {
    const chosen = preferredCoding(input, OFFERED)
    promise(chosen === null || OFFERED.includes(chosen), 'one of those offered', chosen)
    promise(chosen === null || acceptsCoding(input, chosen), 'one that is accepted', chosen)
    same(
      preferredCoding(input.toUpperCase(), OFFERED),
      preferredCoding(input.toLowerCase(), OFFERED),
      'whatever the case',
    )
    if (chosen !== null && input.length < 1000)
      promise(preferredCoding(`${input}, ${chosen};q=0`, OFFERED) !== chosen, 'a refusal counts', chosen)
    return `${chosen} ${OFFERED.map((coding) => acceptsCoding(input, coding))}`
  },
}

/** H-203: one media type to everybody, or none. */
export const mediaType: FuzzTarget = {
  name: 'media-type',
  corpus: [
    'application/json',
    'text/html; charset=utf-8',
    'application/problem+json;a="b;\\"c"',
    'Application/JSON ;',
    'application/json garbage',
    'a/b;a=1;A=2',
  ],
  pieces: ['application/', 'json', '+json', ';charset=', '"', '\\"', '; ', '/'],
  check(input) {
    const read = readMediaType(input)
    if (read === null) return 'none'
    const { essence, parameters } = read
    promise(
      /^[^/]+\/[^/]+$/.test(essence) && essence.split('/').every((part) => TOKEN.test(part)),
      'a type and a subtype',
      essence,
    )
    for (const [name, value] of parameters)
      promise(TOKEN.test(name) && WRITABLE.test(value), 'a parameter', name, value)
    const written =
      essence + [...parameters].map(([name, value]) => `;${name}="${value.replace(/["\\]/g, '\\$&')}"`).join('')
    if (written.length <= 512) same(readMediaType(written), read, 'a media type reads as it is written')
    return `${essence.includes('+')} ${parameters.size}`
  },
}

/** H-112 and others: lists of pairs, held against plain splitting. */
export const pairs: FuzzTarget = {
  name: 'cookies-and-queries',
  corpus: [
    'a=b; c=d',
    'a=1;a=2',
    'ba=1; a =2; a=3',
    '__proto__=1&a=%41&b=%zz',
    'a;b;;c= ',
    'constructor=1; toString=2',
  ],
  pieces: ['a=', '; ', '&', '%61=', '%ff', '+', '__proto__=', ';a='],
  check(input) {
    const named = input
      .split(';')
      .map((part) => part.replace(/^[ \t]+/, ''))
      .filter((part) => part.startsWith('a='))
    same(
      onlyPair(input, 'a=', 59),
      named.length === 1 ? named[0]!.slice(2) : undefined,
      'the value of a name that stands once',
    )
    let outcome = `${named.length}`
    for (const separator of ['&', ';'] as const) {
      const read = readPairs(input, separator, 64)
      if (typeof read === 'string') {
        outcome += read
        continue
      }
      promise(isPlainMap(read), 'a map with no names but its own')
      const count = Object.values(read).reduce((sum, values) => sum + values.length, 0)
      promise(count <= 64, 'no more than it may be', count)
      outcome += ` ${count}`
    }
    return outcome
  },
}

/** A line is written back with nothing in it that was not there. */
export const setCookie: FuzzTarget = {
  name: 'set-cookie',
  corpus: [
    'a=b; Path=/; HttpOnly; Secure; SameSite=Lax',
    'a="b;c"; Domain=.x.test',
    'novalue',
    '=x;;',
    ' a = b ;Max-Age=0 ; expires=Sun, 06 Nov 1994 08:49:37 GMT',
  ],
  pieces: ['; ', ';', '=', 'Path=/', 'Domain=', '; Secure'],
  check(input) {
    const read = parseSetCookie(input)
    const written = formatSetCookie(read)
    same(parseSetCookie(written), read, 'a cookie reads as it is written')
    same(written.split(';').length, input.split(';').length, 'as many attributes')
    same(
      written.split(';').map((part) => part.replace(/\s/g, '')),
      input.split(';').map((part) => part.replace(/\s/g, '')),
      'and the same',
    )
    return `${read.attributes.length} ${read.name === ''}`
  },
}

/** Pieces of a list are pieces of its text, in their order. */
export const lists: FuzzTarget = {
  name: 'lists',
  corpus: ['a, b,c', '"a,b", c', '<a,b>; rel="x,y", <c>', '"a\\",b', ', ,a', '<a>, "'],
  pieces: [', ', '"', '\\', '<', '>', ';'],
  check(input) {
    let at = 0
    for (const link of splitLinks(input)) {
      const found = input.indexOf(link, at)
      promise(found !== -1 && link.trim() === link && link !== '', 'a piece of the text', link)
      at = found + link.length
    }
    same(splitUnquoted(input, ',').join(','), input, 'split and joined')
    promise(
      listMembers(input).every((member) => member !== '' && !member.includes(',')),
      'members',
    )
    return `${splitLinks(input).length} ${splitUnquoted(input, ',').length} ${listMembers(input).length}`
  },
}
