import { createHmac } from 'node:crypto'
import {
  hmacSignature,
  memoryReplayStore,
  principalOf,
  type WebhookFormName,
  type WebhookSignatureOptions,
  webhookSignature,
} from 'edgewise'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { type Body, bytesBody, emptyBody, StreamBody } from '../../../../../src/body.js'
import { bytes } from '../../../../../src/body-tools.js'
import { received, run } from './received.js'
import { AT, keys, type Pair, signedFields } from './signed.js'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const TEXT = 'a secret of some length'
const BODY = '{"test": 2432232314}'
const SECONDS = AT / 1000

const hex = (signed: string, secret = TEXT): string => createHmac('sha256', secret).update(signed).digest('hex')

const standard = (body = BODY, secret = SECRET, id = 'msg_1', at = AT): Pair[] => [
  ['webhook-id', id],
  ['webhook-timestamp', String(Math.floor(at / 1000))],
  ['webhook-signature', new Webhook(secret).sign(id, new Date(at), body)],
]

const tried = async (
  fields: readonly Pair[],
  options: Partial<WebhookSignatureOptions> = {},
  body: Body = bytesBody(BODY),
) => {
  const make = (events: never) => webhookSignature({ secrets: [SECRET], now: () => AT, events, ...options })
  const ran = await run(make as never, received('https://a.test/hooks', { method: 'POST', fields, body }))
  return { ...ran, why: ran.denied[0]?.why }
}

describe('Standard Webhooks', () => {
  it('what the reference signs passes, as bytes and as a stream, and goes on', async () => {
    const stream = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
    for (const part of [BODY.slice(0, 5), BODY.slice(5)]) stream.push(Buffer.from(part))
    stream.end()
    for (const body of [bytesBody(BODY), stream]) {
      const { status, passed } = await tried(standard(), {}, body)
      expect(status).toBe(200)
      expect(Buffer.from(await bytes(passed!.body, 100)).toString()).toBe(BODY)
      expect(passed!.headers).toMatchObject({ 'webhook-id': 'msg_1', 'webhook-timestamp': String(SECONDS) })
      expect(passed!.headers['webhook-signature']).toBeUndefined()
      expect(principalOf(passed)).toMatchObject({ id: 'standard-webhooks', scheme: 'webhook' })
    }
  })

  it('the vector of its libraries passes', async () => {
    const fields: Pair[] = [
      ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
      ['webhook-timestamp', '1614265330'],
      ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ]
    expect((await tried(fields, { now: () => 1_614_265_330_000 })).status).toBe(200)
  })

  const signature = standard()[2]![1]
  const of = (name: string, value: string): Pair[] =>
    standard().map(([field, old]) => [field, field === name ? value : old])

  it.each<[what: string, fields: Pair[], status: number]>([
    [
      'several signatures, one of them good',
      of('webhook-signature', `v1,${'A'.repeat(43)}= v1a,xyz ${signature}`),
      200,
    ],
    ['a signature of a key not known any more', standard(BODY, OTHER), 401],
    ['another body', standard('{}'), 401],
    ['another id', of('webhook-id', 'msg_2'), 401],
    ['another time', of('webhook-timestamp', String(SECONDS + 1)), 401],
    ['an id with a point, which could be an id and a time', standard(BODY, SECRET, 'msg.1'), 401],
    ['no id', standard().slice(1), 401],
    ['no time', standard().filter(([name]) => name !== 'webhook-timestamp'), 401],
    ['no signature', standard().slice(0, 2), 401],
    ['a time with a sign', of('webhook-timestamp', `+${SECONDS}`), 401],
    ['a time with a fraction', of('webhook-timestamp', `${SECONDS}.0`), 401],
    ['another version', of('webhook-signature', signature.replace('v1', 'v2')), 401],
    ['a signature cut short', of('webhook-signature', signature.slice(0, -5)), 401],
    ['too many signatures', of('webhook-signature', `${`${signature} `.repeat(16)}${signature}`), 401],
    ['an empty signature', of('webhook-signature', ''), 401],
  ])('with %s it is %i', async (_what, fields, status) => expect((await tried(fields)).status).toBe(status))

  it('takes several secrets while they change', async () => {
    expect((await tried(standard(BODY, OTHER), { secrets: [SECRET, OTHER] })).status).toBe(200)
  })

  it.each([
    [-300_000, undefined],
    [-301_000, 'the delivery is too old'],
    [300_000, undefined],
    [301_000, 'the delivery is of the future'],
  ])('sent at %i ms: %s', async (ms, why) => {
    expect((await tried(standard(BODY, SECRET, 'msg_1', AT + ms))).why).toBe(why)
  })

  it('passes once with a store, another try of the same once more', async () => {
    const options = { replayStore: memoryReplayStore(), secrets: [SECRET, OTHER] }
    const twice = of('webhook-signature', `${signature} ${standard(BODY, OTHER)[2]![1]}`)
    const answers = [
      await tried(twice, options),
      await tried(standard(), options),
      await tried(standard(BODY, OTHER), options),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401])
    expect(answers[1]!.why).toBe('the delivery has come before')
    expect((await tried(standard(BODY, SECRET, 'msg_1', AT + 5_000), options)).status).toBe(200)
  })

  it('that are too long are a 413', async () => {
    expect((await tried(standard(), { maxBodyBytes: 10 })).status).toBe(413)
  })

  it.each(['whsec_short', 'whsec_', 'not base64 !', `whsec_${'A'.repeat(31)}!`])(
    'H-155 %j is no secret, and is not shown',
    (secret) => {
      expect(() => webhookSignature({ secrets: [secret] })).toThrow(
        /option "secrets" is "another"; allowed: one or more, each whsec_/,
      )
    },
  )
})

describe('other forms', () => {
  const slackBody =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const forms: readonly [form: WebhookFormName, fields: (body: string) => Pair[]][] = [
    ['github', (body) => [['X-Hub-Signature-256', `sha256=${hex(body)}`]]],
    [
      'stripe',
      (body) => [['Stripe-Signature', `t=${SECONDS},v0=x,v1=${'0'.repeat(64)},v1=${hex(`${SECONDS}.${body}`)}`]],
    ],
    [
      'slack',
      (body) => [
        ['X-Slack-Request-Timestamp', String(SECONDS)],
        ['X-Slack-Signature', `v0=${hex(`v0:${SECONDS}:${body}`)}`],
      ],
    ],
  ]

  it.each(forms)('%s', async (form, fieldsOf) => {
    const fields = fieldsOf(slackBody)
    const options = { form, secrets: [TEXT] }
    const { status, passed } = await tried(fields, options, bytesBody(slackBody))
    expect([status, principalOf(passed)?.id]).toEqual([200, form])
    expect((await tried(fields, options)).why).toBe('the signature is not good')
    expect((await tried(fields, { ...options, secrets: [`${TEXT}!`] }, bytesBody(slackBody))).status).toBe(401)
    expect((await tried([], options)).why).toBe('no credential')
    for (const [name, value] of fields) {
      for (const broken of ['', 'x', value.slice(1), value.slice(0, -1), `${value}0`]) {
        const crooked = fields.map(([field, old]): Pair => [field, field === name ? broken : old])
        expect([broken, (await tried(crooked, options, bytesBody(slackBody))).status]).toEqual([broken, 401])
      }
    }
  })

  it('the vectors in the documentation of GitHub and Slack pass', async () => {
    const fields: Pair[] = [
      ['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'],
    ]
    const options = { form: 'github', secrets: ["It's a Secret to Everybody"] } as const
    expect((await tried(fields, options, bytesBody('Hello, World!'))).status).toBe(200)
    const command: Pair[] = [
      ['X-Slack-Request-Timestamp', '1531420618'],
      ['X-Slack-Signature', 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'],
    ]
    const slack = {
      form: 'slack',
      secrets: ['8f742231b10e8888abcd99yyyzzz85a5'],
      now: () => 1_531_420_618_000,
    } as const
    expect((await tried(command, slack, bytesBody(slackBody))).status).toBe(200)
  })

  it.each([
    ['stripe', [['Stripe-Signature', `t=${SECONDS},t=${SECONDS},v1=${hex(`${SECONDS}.${BODY}`)}`]]],
    ['stripe', [['Stripe-Signature', `v1=${hex(`${SECONDS}.${BODY}`)}`]]],
    ['slack', [['X-Slack-Signature', `v0=${hex(`v0:${SECONDS}:${BODY}`)}`]]],
  ] as const)('%s with %j is a 401', async (form, fields) => {
    expect((await tried(fields, { form, secrets: [TEXT] })).status).toBe(401)
  })

  it('H-155 refuse a store for what signs no time, and secrets that are too short', () => {
    expect(() => webhookSignature({ form: 'github', secrets: [TEXT], replayStore: memoryReplayStore() })).toThrow(
      /signs no time/,
    )
    expect(() => webhookSignature({ form: 'github', secrets: ['short'] })).toThrow(/a text of 16 bytes/)
    expect(() => webhookSignature({ form: 'github', secrets: [] })).toThrow(/option "secrets"/)
    expect(() => webhookSignature({ form: 'gitlab' as never, secrets: [TEXT] })).toThrow(/option "form" is "gitlab"/)
  })
})

describe('explain', () => {
  it('tells what the head does, and what a body does that is there; it reads none, and takes nothing that counts once', () => {
    const claimed: string[] = []
    const replayStore = { claim: async (id: string) => claimed.push(id) > 0 }
    const verdictOf = (fields: readonly Pair[], body: Body, more = {}) =>
      webhookSignature({ secrets: [SECRET], now: () => AT, ...more }).explain?.(
        received('https://a.test/', { method: 'POST', fields, body }),
      )
    const stream = new StreamBody({ pause: () => {}, resume: () => {}, cancel: () => {} }, undefined)
    expect(verdictOf(standard(), stream)).toMatchObject({ verdict: 'depends', why: 'on the body, which is signed' })
    expect([stream.untouched, stream.received]).toEqual([true, 0])
    expect(verdictOf(standard(), bytesBody(BODY))).toMatchObject({ verdict: 'pass' })
    expect(verdictOf(standard(), bytesBody('other'))).toMatchObject({ verdict: 'deny', status: 401 })
    expect(verdictOf(standard(), bytesBody(BODY), { maxBodyBytes: 1 })).toMatchObject({ verdict: 'deny', status: 413 })
    expect(verdictOf(standard(), bytesBody(BODY), { replayStore })).toMatchObject({ verdict: 'depends' })
    expect(verdictOf([], emptyBody)).toEqual({ verdict: 'deny', why: 'no credential', status: 401 })
    expect(verdictOf(standard().slice(1), emptyBody)?.verdict).toBe('deny')
    expect(claimed).toEqual([])
  })
})

describe('hmacSignature', () => {
  it('is each of them by its form', async () => {
    const hooks = hmacSignature({ form: 'standard-webhooks', secrets: [SECRET], now: () => AT })
    const exchange = received('https://a.test/', { method: 'POST', fields: standard(), body: bytesBody(BODY) })
    expect((await run(() => hooks, exchange)).status).toBe(200)
    const http = hmacSignature({ form: 'http', keys, now: () => AT })
    const signed = received('https://a.test/', { fields: await signedFields('https://a.test/') })
    expect((await run(() => http, signed)).status).toBe(200)
    expect(() => hmacSignature({ secrets: [SECRET] } as never)).toThrow(
      /option "form" is undefined; allowed: http, standard-webhooks, github/,
    )
  })
})
