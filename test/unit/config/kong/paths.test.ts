import { describe, expect, it } from 'vitest'
import { readPath } from '../../../../src/config/kong/paths.js'

describe('a path of Kong’s', () => {
  it.each([
    ['/', '/**', ''],
    ['/users', '/users/**', '/users'],
    ['/users/', '/users/**', '/users'],
    ['/a/b-c_d~e.f', '/a/b-c_d~e.f/**', '/a/b-c_d~e.f'],
    ['~/users/(?<id>[^/]+)$', '/users/:id', null],
    ['~/users/([^/]+)/orders$', '/users/*/orders', null],
    ['~/users/[^/]+$', '/users/*', null],
    ['~^/v1/.*', '/v1/**', null],
    ['~/v1/(.*)$', '/v1/**', null],
    ['~/v1\\.2/status$', '/v1.2/status', null],
    ['~/v1', '/v1/**', null],
    ['~/', '/**', null],
    ['~/.*', '/**', null],
  ])('%s is %s', (path, glob, prefix) => expect(readPath(path)).toMatchObject({ glob, prefix }))

  it.each([
    'users',
    '/a*b',
    '/{id}',
    '~users',
    '~/users/\\d+$',
    '~/users/(?<id>\\d+)$',
    '~/(a|b)/c$',
    '~/a.c$',
    '~/users/(?i)x$',
    '~/a/[a-z]+$',
    '~/a+/b$',
  ])('%s is no glob', (path) => expect(readPath(path)).toBeNull())

  it('says where it matches less than in Kong', () => {
    expect(readPath('/users')?.differs).toContain('/usersx')
    expect(readPath('~/v1')?.differs).toContain('whole segments')
    expect([readPath('/'), readPath('~/v1/.*'), readPath('~/a$')].map((each) => each?.differs)).toEqual([
      null,
      null,
      null,
    ])
  })
})
