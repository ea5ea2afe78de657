import { get, type Seed } from './seed.js'

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'H-030': [
    '/api/../admin',
    '/api/./../admin',
    '/api/..',
    '/..',
    '/../x',
    '/a/./b',
    '/a/.',
    '/a...b/.../c',
    '/.well-known/x',
    '/a/.b',
  ],
  'H-031': ['/api/%2e%2e/admin', '/api/%2e./admin', '/api/.%2E/admin', '/a/%2e/b'],
  'H-032': ['/api/..%2fadmin', '/admin%2fx', '/x%5c..%5cadmin', '/x\\..\\admin', '/a%2Fb%5Cc'],
  'H-033': ['//admin/x', '///', '/a//b', '/a///'],
  'H-034': ['/%61dmin/x', '/%7Euser/%41%5A%5f', '/%2Dx'],
  'H-035': ['/%2561dmin', '/api/%252e%252e/admin', '/%25'],
  'H-036': ['/admin;v=1/x', '/api/..;/admin', '/a;b', '/;/x'],
  'H-037': ['/ADMIN/x'],
  'H-038': ['/admin/', '/admin%20', '/admin.', '/admin%2e'],
  'H-039': ['/admin%00/x', '/a%0ab', '/a%0db', '/a%09b', '/a%7fb'],
  'H-040': ['/%zz', '/%', '/%c0%ae', '/%e9', '/%c3%a9', '/%1', '/caf\xe9', '/\xff'],
  'H-044': ['//evil.com/x', '/\\evil.com', '///evil', '@evil', '/@evil', ':80/x', '?x'],
  'H-047': [
    '/?a=1&a=2',
    '/?__proto__[x]=1',
    '/??',
    '/?',
    '/a#b',
    '/a?b#c',
    '/?q=../..',
    '/?a=%zz',
    '/?a=%00',
    '/?a=b c',
    '/?a=\'"<>`{}|^[]\\',
    '/?\xe9',
  ],
  'other characters': ["/!$&'()*+,=:@", '/"<>^`{}|[]', '/a b', '/a\tb', '/~x-._'],
}

/** Group B: targets that two readers may read as two paths. */
export const PATHS: readonly Seed[] = Object.entries(TARGETS).flatMap(([hazard, targets]) =>
  targets.map((target): Seed => [`${hazard} ${target}`, get(target)]),
)
