import { type Reverse, reverseReference } from '../../../src/http/reverse-reference.js'
import { endpointsOfConsul } from '../../../src/upstream/discovery/consul-entries.js'
import { type EndpointSlice, endpointsOfSlices } from '../../../src/upstream/discovery/endpoint-slices.js'
import { attempt, type FuzzTarget, promise, same } from '../target.js'

const THERE: Reverse = {
  names: [
    { origin: 'http://10.0.0.1:3000', prefix: '' },
    { origin: 'http://users.test:80', prefix: '/v1' },
  ],
  protocol: 'https',
  authority: 'shop.test',
  origin: 'https://shop.test',
  base: '/api',
  paths: [['/old', '/new']],
}

/** H-045: a reference of an upstream leads to where it led, or to this gateway; never to somebody else's host. */
export const references: FuzzTarget = {
  name: 'references',
  corpus: [
    'http://10.0.0.1:3000/a?b#c',
    '//users.test/v1/x',
    '/old/x',
    'https://evil.test/',
    '../x',
    'http://users.test/v1//evil.test',
    'http://shop.test/api/x',
    '/\\evil.test',
    'http://10.0.0.1:3000',
  ],
  pieces: [
    'http://',
    '//',
    '/\\',
    '\\',
    '/\t/',
    'users.test',
    '10.0.0.1:3000',
    '/v1',
    '/old',
    '/api',
    'evil.test',
    '@',
    '#',
    '?',
  ],
  check(input) {
    const reversed = reverseReference(input, THERE)
    if (reversed === input) return 'as it came'
    const url = attempt(
      () => new URL(reversed, 'https://shop.test/'),
      () => true,
    )
    promise('value' in url && url.value.origin === 'https://shop.test', 'a reference to this gateway', reversed)
    promise(!/^[/\\]{2}/.test(reversed), 'no name of a host', reversed)
    same(reverseReference(reversed, THERE), reversed, 'what has been turned stays')
    return `${reversed.startsWith('https:')} ${reversed.includes('/new')} ${reversed.includes('/api')}`
  },
}

const CONSUL = JSON.stringify([
  {
    Node: { Address: '10.0.0.1' },
    Service: { Address: '', Port: 80, Weights: { Passing: 2, Warning: 1 } },
    Checks: [{ Status: 'passing' }],
  },
  { Node: { Address: '::1' }, Service: { Address: '10.0.0.2', Port: 81 }, Checks: [{ Status: 'critical' }] },
])
const SLICES = JSON.stringify([
  {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 80 }],
  },
  { addressType: 'IPv6', endpoints: [{ addresses: ['::1'], zone: 'a' }], ports: null },
])

/** What registries say, whatever of it is there: endpoints, or an error, which leaves the last list as it is. */
export const registries: FuzzTarget = {
  name: 'registries',
  corpus: [CONSUL, SLICES, '[]', '{}', 'null', '[null]', '[{}]'],
  pieces: [
    'null',
    '[]',
    '{}',
    '"Address":',
    '"addresses":',
    '-1',
    '"http://x/"',
    '"__proto__":{}',
    '"critical"',
    'true',
    '"\\n"',
  ],
  check(input) {
    const parsed = attempt(
      () => JSON.parse(input) as unknown,
      (error) => error instanceof SyntaxError,
    )
    if ('error' in parsed) return 'no JSON'
    const isError = (error: Error): boolean => !(error instanceof RangeError)
    const consul = attempt(() => endpointsOfConsul(parsed.value, { protocol: 'http', host: undefined }), isError)
    const wishes = { port: undefined, protocol: 'http', host: 'a.test', addressType: undefined } as const
    const slices = attempt(() => endpointsOfSlices(parsed.value as EndpointSlice[], wishes), isError)
    for (const found of [consul, slices])
      if ('value' in found)
        for (const { url } of found.value)
          promise(String(url).startsWith('http://'), 'of the protocol that was chosen', url)
    return `${'value' in consul ? consul.value.length : consul.error.name} ${'value' in slices ? slices.value.length : slices.error.name}`
  },
}
