import { reply, type TargetPolicy } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { afterReplies, raw, sink } from '../support/index.js'
import { edgeTo, head, refusal, soleRequest, statuses, transports } from './edge.js'

/** A target, and what becomes of it: refused, or this canonical string, answered by this route. */
type Row = readonly [hazard: string, target: string, becomes: 400 | string, route?: string]

const rows: readonly Row[] = [
  ['H-030', '/api/../admin', 400],
  ['H-030', '/api/./../admin', 400],
  ['H-030', '/api/./x', 400],
  ['H-030', '/api/..', 400],
  ['H-030', '/api/.', 400],
  ['H-030', '/..', 400],
  ['H-030', '/.', 400],
  ['H-030', '/../admin', 400],
  ['H-030', '/api/..?x', 400],
  ['H-030', '/api//../admin', 400],
  ['H-030', '/api/...', '/api/...', '/api/**'],
  ['H-030', '/api/..x/.y', '/api/..x/.y', '/api/**'],
  ['H-031', '/api/%2e%2e/admin', 400],
  ['H-031', '/api/%2E%2E/admin', 400],
  ['H-031', '/api/%2e./admin', 400],
  ['H-031', '/api/.%2E/admin', 400],
  ['H-031', '/api/%2e', 400],
  ['H-031', '/%2e%2e', 400],
  ['H-032', '/api/..%2fadmin', 400],
  ['H-032', '/admin%2fx', 400],
  ['H-032', '/admin%2Fx', 400],
  ['H-032', '/x%5c..%5cadmin', 400],
  ['H-032', '/x\\..\\admin', 400],
  ['H-032', '\\admin', 400],
  ['H-033', '//admin/x', '/admin/x', '/admin/**'],
  ['H-033', '///admin//x', '/admin/x', '/admin/**'],
  ['H-033', '/admin//', '/admin/', '/admin/**'],
  ['H-033', '//', '/', '/**'],
  ['H-034', '/%61dmin/x', '/admin/x', '/admin/**'],
  ['H-034', '/%61%64%6D%69%6e/x', '/admin/x', '/admin/**'],
  ['H-034', '/%7Ex%2D%5f%2E', '/~x-_.', '/**'],
  ['H-034', '/api/%3fx', '/api/%3Fx', '/api/**'],
  ['H-035', '/%2561dmin', '/%2561dmin', '/**'],
  ['H-035', '/api/%252e%252e/admin', '/api/%252e%252e/admin', '/api/**'],
  ['H-035', '/api/..%252fadmin', '/api/..%252fadmin', '/api/**'],
  ['H-035', '/api/%25252e', '/api/%25252e', '/api/**'],
  ['H-036', '/admin;v=1/x', 400],
  ['H-036', '/api/..;/admin', 400],
  ['H-036', '/api/x;', 400],
  ['H-036', '/admin%3Bv=1/x', '/admin%3Bv=1/x', '/**'],
  ['H-037', '/ADMIN/x', '/ADMIN/x', '/**'],
  ['H-038', '/admin', '/admin', '/admin/**'],
  ['H-038', '/admin/', '/admin/', '/admin/**'],
  ['H-038', '/admin/.', 400],
  ['H-038', '/admin%20', '/admin%20', '/**'],
  ['H-038', '/admin.', '/admin.', '/**'],
  ['H-039', '/admin%00/x', 400],
  ['H-039', '/admin%0a', 400],
  ['H-039', '/admin%0d', 400],
  ['H-039', '/admin%09', 400],
  ['H-039', '/admin%7f', 400],
  ['H-039', '/admin%1F', 400],
  ['H-039', '/admin\x01', 400],
  ['H-039', '/admin\x7f', 400],
  ['H-039', '/admin\t', 400],
  ['H-040', '/%zz', 400],
  ['H-040', '/%', 400],
  ['H-040', '/%6', 400],
  ['H-040', '/%%36%31', 400],
  ['H-040', '/%u0061dmin', 400],
  ['H-040', '/%c0%ae%c0%ae/admin', 400],
  ['H-040', '/%ff', 400],
  ['H-040', '/%c3', 400],
  ['H-040', '/%ed%a0%80', 400],
  ['H-040', '/%c3x%a9', 400],
  ['H-040', '/\xff', 400],
  ['H-040', '/%c3%a9', '/%C3%A9', '/**'],
  ['H-040', '/\xc3\xa9', 400],
  ['H-041', '/apiadmin', '/apiadmin', '/**'],
  ['H-041', '/api-admin/x', '/api-admin/x', '/**'],
  ['H-041', '/api.admin', '/api.admin', '/**'],
  ['H-041', '/api%2Dx', '/api-x', '/**'],
  ['H-041', '/api', '/api', '/api/**'],
  ['H-041', '/api?admin', '/api?admin', '/api/**'],
  ['H-041', '/x/api/admin', '/x/api/admin', '/**'],
  ['H-043', '/"<>^`{}|[]', '/%22%3C%3E%5E%60%7B%7D%7C%5B%5D', '/**'],
]

/** The same, under a policy. */
const policyRows: readonly (readonly [string, TargetPolicy, string, 400 | string, string])[] = [
  ['H-032', { encodedSlashes: 'keep' }, '/admin%2fx', '/admin%2Fx', '/**'],
  ['H-032', { encodedSlashes: 'keep' }, '/api/a%5Cb', '/api/a%5Cb', '/api/**'],
  ['H-032', { encodedSlashes: 'keep' }, '/x\\admin', 400, ''],
  ['H-032', { encodedSlashes: 'keep' }, '/api/%2e%2e/admin', 400, ''],
  ['H-032', { encodedSlashes: 'keep' }, '/api/..%2fadmin', 400, ''],
  ['H-032', { encodedSlashes: 'keep' }, '/api%2f..%5Cadmin', 400, ''],
  ['H-032', { encodedSlashes: 'keep' }, '/api/x%2f.', 400, ''],
  ['H-032', { encodedSlashes: 'keep' }, '/api%2f%2e%2e/admin', 400, ''],
  ['H-036', { pathParameters: 'keep' }, '/api/x;v=1/y', '/api/x;v=1/y', '/api/**'],
  ['H-036', { pathParameters: 'keep' }, '/api/..;/admin', 400, ''],
  ['H-036', { pathParameters: 'keep' }, '/api/.;x', 400, ''],
  ['H-036', { pathParameters: 'strip' }, '/admin;v=1/x', '/admin/x', '/admin/**'],
  ['H-036', { pathParameters: 'strip' }, '/api/..;/admin', 400, ''],
  ['H-036', { pathParameters: 'strip' }, '/api/.;v/admin', 400, ''],
  ['H-036', { pathParameters: 'strip' }, '/api/%2e%2e;v/admin', 400, ''],
  ['H-036', { pathParameters: 'strip' }, '/;v/admin/x', '/admin/x', '/admin/**'],
  ['H-036', { pathParameters: 'strip' }, '/api/x;v=%2e%2e?q;r', '/api/x?q;r', '/api/**'],
]

describe.each(transports)('paths over $name', ({ make }) => {
  describe.each(['/', '/mount'])('below base %s', (base) => {
    it.each(rows)('%s %j becomes %s for matcher, chain and wire', async (_, target, becomes, route) => {
      await using upstream = await sink()
      await using edge = await guarded(upstream.url, base)
      const sent = base === '/' ? target : `${base}${target}`
      const bytes = head(`GET ${sent} HTTP/1.1`, 'Host: a')
      if (becomes === 400) {
        expect(statuses(await refusal(edge, bytes))).toEqual([400])
        expect([edge.seen, upstream.connections]).toEqual([[], []])
        return
      }
      const result = await raw(edge.port, bytes, { until: afterReplies(1) })
      expect(edge.seen.map((seen) => [seen.target, seen.route])).toEqual([[becomes, route]])
      expect(statuses(result)).toEqual([route === '/admin/**' ? 403 : 200])
      if (route !== '/admin/**') expect(soleRequest(upstream).target).toBe(becomes)
      else expect(upstream.connections).toEqual([])
    })
  })

  it.each(policyRows)('%s with %j, %j becomes %s', async (_, policy, target, becomes, route) => {
    await using upstream = await sink()
    await using edge = await guarded(upstream.url, '/', policy)
    const result = await refusalOrReply(edge, target, becomes)
    if (becomes === 400) return expect([result, edge.seen, upstream.connections]).toEqual([[400], [], []])
    expect(edge.seen.map((seen) => [seen.target, seen.route])).toEqual([[becomes, route]])
    if (route !== '/admin/**') expect(soleRequest(upstream).target).toBe(becomes)
  })

  it.each(['/ADMIN/x', '/Admin/x', '/%41dmin/x'])('H-037 %s is guarded where case does not matter', async (target) => {
    await using upstream = await sink()
    await using edge = await guarded(upstream.url, '/', { caseSensitive: false })
    expect(await refusalOrReply(edge, target, 'any')).toEqual([403])
    expect(upstream.connections).toEqual([])
  })

  it.each([
    ['/api/x', '/x'],
    ['/%61pi/x', '/x'],
    ['//api/x', '/x'],
    ['/api//x', '/x'],
    ['/api', '/'],
    ['/api/', '/'],
    ['/api?q', '/?q'],
    ['http://a/api/x', '/x'],
    ['http://a/%61pi', '/'],
    ['/api%2fx', 400],
    ['/api/..%2fx', 400],
    ['/api/../api/x', 400],
    ['/api;/x', 400],
    ['/API/x', 404],
    ['/apix', 404],
    ['/x/api', 404],
    ['/', 404],
    ['/api%20/x', 404],
  ] as const)('H-043 base /api comes off %s on a segment boundary: %s', async (target, becomes) => {
    await using upstream = await sink()
    await using edge = await guarded(upstream.url, '/api')
    const got = await refusalOrReply(edge, target, becomes)
    if (typeof becomes === 'number') return expect([got, upstream.connections]).toEqual([[becomes], []])
    expect(edge.seen.map((seen) => seen.target)).toEqual([becomes])
    const request = soleRequest(upstream)
    expect([request.target, request.header('x-forwarded-prefix')]).toEqual([becomes, '/api'])
  })

  it.each([
    ['/admin/x', 'websocket', [403]],
    ['//admin/x', 'websocket', [403]],
    ['/%61dmin/x', 'h2c', [403]],
    ['/api/../admin', 'websocket', [400]],
    ['http://evil/admin', 'websocket', [400]],
  ])('H-049 a request for %s that asks for %s passes the same gates', async (target, protocol, expected) => {
    await using upstream = await sink()
    await using edge = await guarded(upstream.url, '/')
    const bytes = head(`GET ${target} HTTP/1.1`, 'Host: a', 'Connection: Upgrade', `Upgrade: ${protocol}`)
    expect(statuses(await raw(edge.port, bytes, { until: afterReplies(1) }))).toEqual(expected)
    expect(upstream.connections).toEqual([])
  })

  it('H-040 what cannot be matched does not end the process, nor the next request', async () => {
    await using upstream = await sink()
    await using edge = await guarded(upstream.url, '/')
    for (const target of ['/%zz', '/%', '/%c0%ae']) await refusalOrReply(edge, target, 400)
    expect(await refusalOrReply(edge, '/x', 'any')).toEqual([200])
  })

  function guarded(url: string, base: string, policy: TargetPolicy & { caseSensitive?: boolean } = {}) {
    return edgeTo(url, make, {
      ...policy,
      base,
      routes: (handler) => [
        { path: '/admin/**', filters: [async () => reply(403)], handler },
        { path: '/api/**', handler },
        { path: '/**', handler },
      ],
    })
  }

  async function refusalOrReply(edge: { port: number }, target: string, becomes: string | number): Promise<number[]> {
    const bytes = head(`GET ${target} HTTP/1.1`, 'Host: a')
    return statuses(await raw(edge.port, bytes, becomes === 400 ? { hold: 3_000 } : { until: afterReplies(1) }))
  }
})
