import { describe, expect, it } from 'vitest'
import { compileRedactor } from '../../../src/observing/redact.js'

const { query, url, isSecretField } = compileRedactor('accessLog')

describe('compileRedactor', () => {
  it.each([
    ['', ''],
    ['page=2&sort=name', 'page=2&sort=name'],
    ['author=jo&keyword=a&side=b&design=c', 'author=jo&keyword=a&side=b&design=c'],
    ['token=abc', 'token=[redacted]'],
    ['a=1&access_token=abc&b=2', 'a=1&access_token=[redacted]&b=2'],
    ['KEY=abc&api-key=d&apiKey=e', 'KEY=[redacted]&api-key=[redacted]&apiKey=[redacted]'],
    [
      'code=a&sig=b&password=c&pwd=d&client_secret=e',
      'code=[redacted]&sig=[redacted]&password=[redacted]&pwd=[redacted]&client_secret=[redacted]',
    ],
    [
      'X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Date=c',
      'X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&X-Amz-Date=c',
    ],
    ['user[password]=a&filter%5Btoken%5D=b', 'user[password]=[redacted]&filter%5Btoken%5D=[redacted]'],
    ['%74oken=a&acc%65ss_tok%65n=b', '%74oken=[redacted]&acc%65ss_tok%65n=[redacted]'],
    ['token=a=b', 'token=[redacted]'],
    ['a=1;token=abc', 'a=1;token=[redacted]'],
    ['password=s3;cr?e#t&page=2', 'password=[redacted]&page=2'],
    ['next=/cb?code=abc', 'next=/cb?code=[redacted]'],
    ['next=%2Fcb%3Fcode%3Dabc&page=2', 'next=[redacted]&page=2'],
    ['next=%252Fcb%253Fcode%253Dabc', 'next=[redacted]'],
    ['to=https%3A%2F%2Fa.test%2F%3Fpage%3D2', 'to=https%3A%2F%2Fa.test%2F%3Fpage%3D2'],
    ['to=https://eve:pw@a.test/', 'to=[redacted]'],
    ['to=https%3A%2F%2Feve%3Apw%40a.test', 'to=[redacted]'],
    ['token', 'token'],
    ['%zz=1&token=%zz', '%zz=1&token=[redacted]'],
  ])('H-195 of the query %j leaves %j', (text, left) => expect(query(text)).toBe(left))

  it.each([
    ['https://a.test/path?page=2', 'https://a.test/path?page=2'],
    ['https://eve:s3cret@a.test/path', 'https://[redacted]@a.test/path'],
    ['https://eve@ma:s3@cret@a.test/', 'https://[redacted]@a.test/'],
    ['//eve:s3cret@a.test', '//[redacted]@a.test'],
    ['http:\\\\eve:s3cret@a.test\\', 'http:\\\\[redacted]@a.test\\'],
    ['eve:s3cret@a.test/', '[redacted]@a.test/'],
    ['https://a.test/@user/x', 'https://a.test/@user/x'],
    ['https://a.test/cb#access_token=abc&x=1', 'https://a.test/cb#access_token=[redacted]&x=1'],
    ['https://a.test/?id_token=abc#x', 'https://a.test/?id_token=[redacted]'],
  ])('H-195 of the URL %j leaves %j', (text, left) => expect(url(text)).toBe(left))

  it.each(
    'Authorization Proxy-Authorization Cookie Set-Cookie X-Api-Key api-key apikey X-Auth-Token X-CSRF-Token Private-Token X-Amz-Security-Token X-Vault-Token DPoP X-Hub-Signature-256 Ocp-Apim-Subscription-Key X-Forwarded-Client-Cert Sec-WebSocket-Protocol X-Session-Id X-Client-Secret'.split(
      ' ',
    ),
  )('H-195 takes the field %s for a secret', (name) => expect(isSecretField(name)).toBe(true))

  it.each(['Accept', 'X-Tenant', 'X-Author', 'Keep-Alive', 'X-Keyboard', 'Content-Type'])(
    'takes the field %s for none',
    (name) => expect(isSecretField(name)).toBe(false),
  )

  it('takes names and a replacement of one’s own', () => {
    const own = compileRedactor('accessLog', { query: ['room-id'], headers: ['X-Tenant'], replace: '***' })
    expect(own.query('room_id=5&page=2&token=a')).toBe('room_id=***&page=2&token=***')
    expect([own.isSecretField('x-tenant'), own.isSecretField('cookie')]).toEqual([true, true])
  })

  it.each([
    [{ replace: 'a"b' }, 'redact: option "replace" is "a\\"b"'],
    [{ query: 'token' }, 'option "query"'],
    [{ header: [] }, 'Did you mean "headers"?'],
  ])('refuses %j', (options, message) => {
    expect(() => compileRedactor('accessLog', options as never)).toThrow(message)
  })

  it('takes time in proportion to what it is given', () => {
    for (const hostile of ['%', '%25', '?', '&', '=', '@', '\\', 'token', 'a=%3F', '//@']) {
      const started = performance.now()
      query(hostile.repeat(16_000 / hostile.length))
      url(hostile.repeat(16_000 / hostile.length))
      expect(performance.now() - started).toBeLessThan(200)
    }
  })
})
