import { deprecation, EdgeError, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const since = new Date('2023-06-30T23:59:59Z')
const sunset = new Date('2024-06-30T23:59:59Z')

describe('deprecation', () => {
  it('writes the date of RFC 9745’s own example, the HTTP date of RFC 8594, and links beside the upstream’s', async () => {
    const filter = deprecation({ since, sunset, link: 'https://docs.example/v1', successor: '/v2' })
    const { reply: answer } = await ran(filter, asked('/'), () =>
      reply(200, 'ok', { link: '</next>; rel="next"', deprecation: 'true' }),
    )
    expect(answer.headers).toMatchObject({
      deprecation: '@1688169599',
      sunset: 'Sun, 30 Jun 2024 23:59:59 GMT',
      link: '</next>; rel="next", <https://docs.example/v1>; rel="deprecation", </v2>; rel="successor-version"',
    })
  })

  it('is on failures, too, and says no more than it was told', async () => {
    const { reply: answer } = await ran(deprecation({ since }), asked('/'), () => {
      throw new EdgeError('ERR_EDGE_CONNECT', 'refused')
    })
    expect([answer.status, answer.headers['deprecation'], answer.headers['sunset']]).toEqual([
      502,
      '@1688169599',
      undefined,
    ])
  })

  it('answers 410 once its time is over, if told so', async () => {
    let now = sunset.getTime() - 1
    const filter = deprecation({ since, sunset, enforce: true, now: () => now })
    expect((await ran(filter, asked('/'))).reply.status).toBe(200)
    expect(filter.explain?.(asked('/')).verdict).toBe('change')
    now++
    const { passed, reply: answer } = await ran(filter, asked('/'))
    expect([passed, answer.status, answer.headers['deprecation']]).toEqual([null, 410, '@1688169599'])
    expect(filter.explain?.(asked('/')).verdict).toBe('deny')
  })

  it.each([
    [{}, 'since'],
    [{ since: new Date('x') }, 'a valid Date'],
    [{ since: sunset, sunset: since }, 'not before "since"'],
    [{ since, enforce: true }, 'only with "sunset"'],
    [{ since, link: 'https://a/>; rel="x' }, 'a URI reference'],
  ])('refuses %j', (options, allowed) => expect(() => deprecation(options as never)).toThrow(allowed))
})
