import type { AccessRecord } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { compileFormat } from '../../../../src/observing/log/line-format.js'

const RECORD: AccessRecord = {
  method: 'GET',
  path: '/users/1',
  query: 'a=1',
  protocol: 'HTTP/1.1',
  status: 200,
  client: { address: '192.0.2.1' },
  userAgent: 'curl "8" \u001b \xe2\x80\xa8\\',
  principal: 'Jo Doe',
  times: { total: 12.3 },
  termination: '--',
  bytes: { in: 5, out: 90 },
  headers: { 'x-tenant': 'acme' },
}
const AT = Date.UTC(2026, 10, 30, 11, 7, 43, 5)

const line = (format: string, record = RECORD): string => compileFormat('accessLog', format).write(record, AT, 'info')

describe('compileFormat', () => {
  it('H-195 writes what NGINX calls combined, escaped as it does', () => {
    expect(line('combined')).toMatch(
      /^192\.0\.2\.1 - Jo\\x20Doe \[\d\d\/(?:Nov|Dec)\/2026:\d\d:\d\d:43 [+-]\d{4}\] "GET \/users\/1\?a=1 HTTP\/1\.1" 200 90 "-" "curl \\x228\\x22 \\x1B \\xE2\\x80\\xA8\\x5C"$/,
    )
  })

  it('writes the Common Log Format', () => {
    expect(line('common')).toMatch(/^192\.0\.2\.1 - Jo\\x20Doe \[[^\]]+\] "GET \/users\/1\?a=1 HTTP\/1\.1" 200 90$/)
  })

  it.each([
    ['{client.address} "{method} {path}" {status}', '192.0.2.1 "GET /users/1" 200'],
    ['{time} {level} {bytes.in}/{bytes.out}', '2026-11-30T11:07:43.005Z info 5/90'],
    ['{times.queue}/{times.connect}/{times.total} {termination}', '-1/-1/12.3 --'],
    ['{pool} {endpoint} {attempts} {tunnel.closeCode}', '- - 0 -'],
    ['{headers.X-Tenant} {headers.x-none}', 'acme -'],
    ['{{{method}}}\t{target}', '{GET}\t/users/1?a=1'],
  ])('writes %j as %j', (format, text) => expect(line(format)).toBe(text))

  it('H-195 escapes names beyond latin1 as the bytes of UTF-8', () => {
    expect(line('{principal}', { ...RECORD, principal: '漢\u2028' })).toBe('\\xE6\\xBC\\xA2\\xE2\\x80\\xA8')
  })

  it('tells which fields it names', () => {
    expect(compileFormat('accessLog', '{headers.X-Tenant} {headers.accept}').headers).toEqual(['x-tenant', 'accept'])
  })

  it.each(['jsn', '{method', '{nothing}', '{headers.}', '{headers.a b}', '{constructor}', '{method}\n', ''])(
    'refuses %j, and says what is known',
    (format) => {
      expect(() => compileFormat('accessLog', format)).toThrow(
        /^accessLog: option "format" is .*; allowed: 'json', 'common', 'combined', or a template of \{time\}/,
      )
    },
  )
})
