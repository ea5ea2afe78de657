import { EventHub, type FetchLike, type IntrospectOptions, introspect, principalOf } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type FakeClock, fakeClock } from '../../../../support/index.js'
import { asked } from '../../../asked.js'
import { ran } from '../../ran.js'

const START = 1_800_000_000_000
const SECONDS = START / 1000

interface Issuer {
  readonly clock: FakeClock
  /** Bodies of the questions. */
  readonly questions: readonly string[]
  readonly fields: readonly Record<string, string>[]
  readonly whys: readonly string[]
  answer: () => unknown
  ask(token: string): Promise<number | string>
  principal(token: string): Promise<unknown>
}

function issuer(options: Partial<IntrospectOptions> = {}): Issuer {
  const clock = fakeClock(START)
  const events = new EventHub()
  const questions: string[] = []
  const fields: Record<string, string>[] = []
  const whys: string[] = []
  events.on('denied', ({ why }) => whys.push(why))
  const fetch: FetchLike = async (_url, { body, headers }) => {
    questions.push(String(body))
    fields.push(headers as Record<string, string>)
    const answer = await self.answer()
    if (answer instanceof Error) throw answer
    return answer instanceof Response ? answer : Response.json(answer)
  }
  const filter = introspect({
    endpoint: 'https://login.test/introspect',
    fetch,
    clock,
    now: clock.now,
    events,
    ...options,
  })
  const run = (token: string) => ran(filter, asked('/', { headers: { authorization: `Bearer ${token}` } }))
  const self: Issuer = {
    clock,
    questions,
    fields,
    whys,
    answer: () => ({ active: true, sub: 'ada' }),
    async ask(token) {
      const answered = run(token).then(
        ({ reply }) => reply.status,
        (error) => `${error.code} ${error.status}`,
      )
      for (let turn = 0; turn < 5; turn++) await clock.advance(0)
      return answered
    },
    principal: async (token) => principalOf((await run(token)).passed ?? undefined),
  }
  return self
}

const DOWN = 'ERR_EDGE_AUTH_SOURCE 503'

describe('introspection', () => {
  it('asks as RFC 7662 §2.1 says, with credentials encoded as RFC 6749 §2.3.1 says', async () => {
    const at = issuer({ clientId: 'orders:api', clientSecret: 'p%s w+rd/é' })
    expect(await at.ask('abc+/~_-.d==')).toBe(200)
    expect(at.questions).toEqual(['token=abc%2B%2F%7E_-.d%3D%3D&token_type_hint=access_token'])
    const [basic] = at.fields.map(({ authorization }) => authorization!.split(' '))
    expect([basic![0], Buffer.from(basic![1]!, 'base64').toString()]).toEqual([
      'Basic',
      'orders%3Aapi:p%25s+w%2Brd%2F%C3%A9',
    ])
  })

  it.each([
    [{ authorization: 'Bearer machine' }, 'Bearer machine'],
    [{ authorization: async () => 'Bearer fresh' }, 'Bearer fresh'],
    [{}, undefined],
  ])('with %j it authorizes itself with %s', async (options, authorization) => {
    const at = issuer({ ...options, tokenTypeHint: 'refresh_token' })
    await at.ask('abc')
    expect([at.fields[0]!['authorization'], at.questions[0]]).toEqual([
      authorization,
      'token=abc&token_type_hint=refresh_token',
    ])
  })

  it('makes a principal of what the endpoint says', async () => {
    const at = issuer({ claims: { id: 'client_id', roles: ['realm', 'roles'] } })
    at.answer = () => ({
      active: true,
      client_id: 'c',
      scope: 'a  b',
      realm: { roles: ['x', 1] },
      token_type: 'bearer',
    })
    expect(await at.principal('t')).toMatchObject({
      id: 'c',
      scheme: 'introspection',
      scopes: ['a', 'b'],
      roles: ['x'],
      claims: { client_id: 'c' },
    })
  })

  it.each([
    [{ active: false }, 401, 'it is not active'],
    [{ active: false, sub: 'ada' }, 401, 'it is not active'],
    [{ active: true }, 401, 'it names nobody'],
    [{ active: true, sub: 7 }, 401, 'it names nobody'],
    [{ active: true, sub: 'ada', exp: SECONDS }, 401, 'it has expired'],
    [{ active: true, sub: 'ada', exp: SECONDS + 1 }, 200, undefined],
    [{ active: true, sub: 'ada', exp: `${SECONDS + 60}` }, 401, 'one of its dates is none'],
    [{ active: true, sub: 'ada', nbf: SECONDS + 1 }, 401, 'it is not good yet'],
    [{ active: true, sub: 'ada', token_type: 'BEARER' }, 200, undefined],
    [{ active: true, sub: 'ada', token_type: 'DPoP' }, 401, 'its type is another'],
    [{ active: true, sub: 'ada', token_type: 'refresh_token' }, 401, 'its type is another'],
    [{ active: true, sub: 'ada', token_type: 1 }, 401, 'its type is another'],
  ])('%j is a %i', async (answer, status, why) => {
    const at = issuer()
    at.answer = () => answer
    expect([await at.ask('t'), at.whys[0]]).toEqual([status, why])
  })

  it.each([
    [{ iss: 'https://a.test', aud: 'api' }, 200],
    [{ iss: 'https://a.test', aud: ['x', 'api'] }, 200],
    [{ iss: 'https://a.test/', aud: 'api' }, 401],
    [{ iss: ['https://a.test'], aud: 'api' }, 401],
    [{ iss: 'https://a.test', aud: 'apis' }, 401],
    [{ iss: 'https://a.test' }, 401],
    [{ aud: 'api' }, 401],
  ])('H-127 for %j of an active token it is a %i', async (claims, status) => {
    const at = issuer({ issuer: ['https://a.test'], audience: 'api' })
    at.answer = () => ({ active: true, sub: 'ada', ...claims })
    expect(await at.ask('t')).toBe(status)
  })

  it.each([
    ['an error', () => new Response('{"active":true,"sub":"ada"}', { status: 500 })],
    ['our own credentials refused', () => new Response('{"active":true,"sub":"ada"}', { status: 401 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } })],
    ['a page', () => new Response('<html>')],
    ['nothing', () => new Response('')],
    ['null', () => new Response('null')],
    ['a list', () => []],
    ['no word on it', () => ({ sub: 'ada' })],
    ['"true"', () => ({ active: 'true', sub: 'ada' })],
    ['1', () => ({ active: 1, sub: 'ada' })],
    ['active twice', () => new Response('{"active":false,"active":true,"sub":"ada"}')],
    ['a long answer', () => ({ active: true, sub: 'a'.repeat(70_000) })],
    ['no connection', () => new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })],
  ] as const)('closes with a 503 on %s, and asks again', async (_what, answer) => {
    const at = issuer()
    at.answer = answer
    expect([await at.ask('t'), await at.ask('t'), at.questions.length]).toEqual([DOWN, DOWN, 2])
  })

  it('waits no longer than its limit', async () => {
    const at = issuer()
    at.answer = () => new Promise(() => {})
    const answered = at.ask('t')
    await at.clock.advance(5_000)
    expect(await answered).toBe(DOWN)
  })

  it('H-130 believes an active token for a minute or until its exp, one that is not for five seconds', async () => {
    const at = issuer()
    await at.ask('t')
    await at.clock.advance(59_999)
    expect([await at.ask('t'), at.questions.length]).toEqual([200, 1])
    await at.clock.advance(1)
    at.answer = () => ({ active: false })
    expect([await at.ask('t'), at.questions.length]).toEqual([401, 2])
    await at.clock.advance(4_999)
    expect([await at.ask('t'), at.questions.length]).toEqual([401, 2])
    await at.clock.advance(1)
    at.answer = () => ({ active: true, sub: 'ada', exp: at.clock.now() / 1000 + 10 })
    expect([await at.ask('t'), at.questions.length]).toEqual([200, 3])
    await at.clock.advance(9_999)
    expect([await at.ask('t'), at.questions.length]).toEqual([200, 3])
    await at.clock.advance(1)
    expect([await at.ask('t'), at.questions.length]).toEqual([401, 3])
  })

  it('H-130 bad tokens push no good one out, however many come', async () => {
    const at = issuer({ cache: { max: 5 } })
    await at.ask('good')
    at.answer = () => ({ active: false })
    for (let bad = 0; bad < 20; bad++) await at.ask(`bad-${bad}`)
    expect([await at.ask('good'), at.questions.length]).toEqual([200, 21])
    expect([await at.ask('bad-19'), at.questions.length]).toEqual([401, 21])
    expect([await at.ask('bad-0'), at.questions.length]).toEqual([401, 22])
  })

  it('asks anew for each request if told so', async () => {
    const at = issuer({ cache: false })
    expect([await at.ask('t'), await at.ask('t'), at.questions.length]).toEqual([200, 200, 2])
  })

  it('asks once for all who come with a token meanwhile, and of so many tokens at a time only', async () => {
    const gate = Promise.withResolvers<unknown>()
    const at = issuer({ maxConcurrent: 2 })
    at.answer = () => gate.promise
    const waiting = ['a', 'a', 'b', 'a', 'b'].map((token) => at.ask(token))
    expect(await at.ask('c')).toBe(DOWN)
    gate.resolve({ active: true, sub: 'ada' })
    expect([await Promise.all(waiting), at.questions.length]).toEqual([[200, 200, 200, 200, 200], 2])
    expect(await at.ask('c')).toBe(200)
  })

  it.each(['a b', 'ä', 'a,b', '=a', 'a"', 'x'.repeat(8_193)])(
    'H-128 %j is no token, and nobody is asked',
    async (token) => {
      const at = issuer()
      expect([await at.ask(token), at.questions.length]).toEqual([401, 0])
    },
  )

  it('asks nobody to explain', async () => {
    const filter = introspect({ endpoint: 'https://login.test/', fetch: () => Promise.reject(new Error('asked')) })
    const exchange = asked('/', { headers: { authorization: 'Bearer t' } })
    expect([filter.explain?.(exchange), filter.explain?.(asked('/'))]).toEqual([
      { verdict: 'depends', why: 'it would ask about the token' },
      { verdict: 'deny', why: 'no credential' },
    ])
  })

  it.each([
    [{}, /"endpoint"/],
    [{ endpoint: 'http://login.test/' }, /https:/],
    [{ endpoint: 'https://login.test/', clientId: 'a' }, /"clientSecret"/],
    [{ endpoint: 'https://login.test/', clientSecret: 'a' }, /"clientId" and "clientSecret"/],
    [{ endpoint: 'https://login.test/', clientId: 'a', clientSecret: 'b', authorization: 'c' }, /"authorization"/],
    [{ endpoint: 'https://login.test/', cache: { ttl: 1 } }, /unknown option "ttl"/],
    [{ endpoint: 'https://login.test/', claims: { name: 'x' } }, /unknown option "name"/],
    [{ endpoint: 'https://login.test/', from: ['basic'] }, /"from"/],
    [{ endpoint: 'https://login.test/', realm: 'a"b' }, /"realm"/],
  ])('H-155 refuses %j', (options, why) => expect(() => introspect(options as never)).toThrow(why))

  it('H-155 shows no secret in an error', () => {
    const options = { endpoint: 'https://login.test/', clientSecret: 'hunter2' }
    expect(() => introspect(options)).not.toThrow(/hunter2/)
    expect(() => introspect({ ...options, clientId: 'a', authorization: 'Bearer hunter2' })).not.toThrow(/hunter2/)
  })
})
