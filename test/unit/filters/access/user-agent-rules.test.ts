import { type UserAgentRulesOptions, userAgentRules } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../asked.js'

const status = (options: UserAgentRulesOptions, agent: string | undefined): Promise<number> =>
  statusOf((events) => userAgentRules({ ...options, events }), {
    headers: agent === undefined ? {} : { 'user-agent': agent },
  })

describe('user agent rules', () => {
  it.each<[UserAgentRulesOptions, string | undefined, number]>([
    [{ deny: ['curl/*'] }, 'curl/8.0', 403],
    [{ deny: ['curl/*'] }, 'Mozilla/5.0', 200],
    [{ allow: ['Mozilla/*'] }, 'Mozilla/5.0', 200],
    [{ allow: ['Mozilla/*'] }, 'curl/8.0', 403],
    [{ allow: ['Mozilla/*'], deny: ['*bot*'] }, 'Mozilla/5.0 (compatible; Googlebot/2.1)', 403],
    [{ deny: [/^wget/] }, 'Wget/1.21', 403],
    [{ deny: ['curl/*'] }, undefined, 200],
    [{ deny: ['curl/*'], missing: 'deny' }, undefined, 403],
    [{ deny: ['curl/*'] }, '', 200],
    [{ deny: ['*evil*'] }, `${'x'.repeat(512)}`, 200],
    [{ deny: ['*evil*'] }, `${'x'.repeat(512)}evil`, 403],
    [{ deny: ['*bad*'] }, `${'x'.repeat(512)}!`, 403],
    [{ deny: ['*bad*'], maxLength: 2_000 }, `${'x'.repeat(512)}!`, 200],
  ])('%o: %.30j is %i', async (options, agent, expected) => {
    expect(await status(options, agent)).toBe(expected)
  })

  it.each<[unknown, RegExp]>([
    [{}, /"allow" is undefined/],
    [{ deny: [/(a+)+/] }, /"deny"/],
    [{ deny: 'x' }, /an array/],
    [{ deny: ['x'], maxLength: 0 }, /whole number from 1/],
  ])('H-155 refuse %j', (options, message) => expect(() => userAgentRules(options as never)).toThrow(message))
})
