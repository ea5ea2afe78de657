import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  EdgeError,
  type EventHub,
  type FindSignatureKey,
  type HttpSignatureOptions,
  httpSignature,
  memoryReplayStore,
  principalOf,
  type SignatureAlgorithm,
} from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { bytesBody, StreamBody } from '../../../../../src/body.js'
import { bytes } from '../../../../../src/body-tools.js'
import { type Received, received, run } from './received.js'
import { AT, handSigned, keys, type Pair, SECRET, signedFields, type ToSign } from './signed.js'

const URL_ = 'https://a.test/orders?id=7'

const digestOf = (body: string, algorithm = 'sha256'): string =>
  `${algorithm.replace('sha', 'sha-')}=:${createHash(algorithm).update(body).digest('base64')}:`

const filter =
  (more: Partial<HttpSignatureOptions> = {}) =>
  (events: EventHub) =>
    httpSignature({ keys, now: () => AT, events, ...more })

interface Try extends Received {
  readonly sign?: ToSign
  readonly more?: Partial<HttpSignatureOptions>
  /** Where it arrives, signed for another place. */
  readonly url?: string
}

/** Signs a request, sends perhaps another one, and tells what came of it. */
async function tried({ sign = {}, more = {}, url = URL_, ...sent }: Try = {}) {
  const fields = [...(sent.fields ?? []), ...(await signedFields(URL_, { method: sent.method ?? 'GET', ...sign }))]
  const ran = await run(filter(more), received(url, { ...sent, fields }))
  return { ...ran, why: ran.denied[0]?.why }
}

describe('a request that the reference signed', () => {
  it('passes with its principal, and without the signature', async () => {
    const { status, passed } = await tried()
    expect(status).toBe(200)
    expect(principalOf(passed)).toMatchObject({ id: 'k1', scheme: 'http-signature', roles: [] })
    expect(passed!.headers).toEqual({ host: 'a.test' })
  })

  it('keeps the signature if told so, and is who the key belongs to', async () => {
    const own = {
      k1: { algorithm: 'hmac-sha256', key: SECRET, principal: { id: 'acme', roles: ['partner'] } },
    } as const
    const { passed } = await tried({
      more: { keepCredential: true, keys: own, identityHeaders: { 'X-Partner': 'id' } },
    })
    expect(passed!.headers['signature']).toMatch(/^sig=:/)
    expect([passed!.headers['x-partner'], principalOf(passed)?.roles]).toEqual(['acme', ['partner']])
  })

  it.each<[what: string, sent: Try]>([
    ['another method', { method: 'DELETE', sign: { method: 'GET' } }],
    ['another path', { url: 'https://a.test/orders2?id=7' }],
    ['another query', { url: 'https://a.test/orders?id=8' }],
    ['another host', { url: 'https://b.test/orders?id=7' }],
    ['another scheme', { url: 'http://a.test/orders?id=7' }],
    ['another spelling of its path', { target: '/%6frders?id=7' }],
    ['the key of somebody else', { sign: { key: 'another secret of thirty-two bytes.' } }],
  ])('H-132 is refused with %s', async (_what, sent) => {
    const { status, why, reply } = await tried(sent)
    expect([status, why]).toEqual([401, 'the signature is not good'])
    expect(reply.headers['www-authenticate']).toBeUndefined()
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  it.each<[why: string, sent: Try]>([
    ['the keyid is not known', { sign: { keyid: 'k2' } }],
    ['the keyid is not known', { sign: { keyid: '__proto__' } }],
    ['the signature names no keyid', { sign: { without: ['keyid'] } }],
    ['the signature says no created, or a malformed one', { sign: { without: ['created'] } }],
    ['the signature is too old', { sign: { params: { created: new Date(AT - 330_000) } } }],
    ['the signature is too old', { sign: { params: { expires: new Date(AT - 31_000) } } }],
    ['the signature is of the future', { sign: { params: { created: new Date(AT + 31_000) } } }],
    ['the alg is not that of the key', { sign: { params: { alg: 'ed25519' } } }],
    ['the signature does not cover "@method"', { sign: { components: ['@target-uri'] } }],
    ['the signature does not cover "@target-uri"', { sign: { components: ['@method', '@authority', '@path'] } }],
    ['the signature does not cover "content-digest"', { method: 'POST', body: bytesBody('x') }],
    ['the signature does not cover "date"', { more: { components: ['date'] } }],
    ['the signature has no nonce', { more: { replayStore: memoryReplayStore() } }],
  ])('is refused: %s', async (why, sent) => {
    expect([(await tried(sent)).status, (await tried(sent)).why]).toEqual([401, why])
  })

  it.each<[what: string, sent: Try]>([
    ['created a little ahead', { sign: { params: { created: new Date(AT + 30_000) } } }],
    ['almost too old', { sign: { params: { created: new Date(AT - 329_000) } } }],
    ['expired within the skew', { sign: { params: { expires: new Date(AT - 29_000) } } }],
    ['the parts of the target instead', { sign: { components: ['@method', '@authority', '@path', '@query'] } }],
    ['no alg', { sign: { without: ['alg'] } }],
    ['more than is asked for', { sign: { components: ['@method', '@target-uri', '@scheme'] } }],
    ['an upgrade', { upgrade: true }],
    ['its label', { sign: { label: 'gate' }, more: { label: 'gate' } }],
    ['its tag', { sign: { params: { tag: 'edge' } }, more: { tag: 'edge' } }],
  ])('passes with %s', async (_what, sent) => {
    const { status, why } = await tried(sent)
    expect([status, why]).toEqual([200, undefined])
  })

  it.each<[what: string, sent: Try]>([
    ['label', { more: { label: 'gate' } }],
    ['tag', { sign: { params: { tag: 'other' } }, more: { tag: 'edge' } }],
  ])('of another %s is nobody’s credential', async (_what, sent) => {
    const { status, why } = await tried(sent)
    expect([status, why]).toEqual([401, 'no credential'])
  })
})

describe('algorithms', () => {
  const pairs = {
    ed25519: generateKeyPairSync('ed25519'),
    'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'ecdsa-p384-sha384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    'rsa-pss-sha512': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    'rsa-v1_5-sha256': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  } as const
  const names = Object.keys(pairs) as (keyof typeof pairs)[]

  it.each(names)(
    '%s: what the reference signs is good, by a key object or PEM, and no other key is',
    async (algorithm) => {
      const { privateKey, publicKey } = pairs[algorithm]
      const pem = publicKey.export({ type: 'spki', format: 'pem' })
      const sign: ToSign = { algorithm, key: privateKey.export({ type: 'pkcs8', format: 'pem' }), keyid: 'k' }
      for (const key of [publicKey, pem]) {
        expect((await tried({ sign, more: { keys: { k: { algorithm, key } } } })).status).toBe(200)
        expect((await tried({ sign, method: 'PUT', more: { keys: { k: { algorithm, key } } } })).status).toBe(200)
        expect((await tried({ sign, url: `${URL_}&x`, more: { keys: { k: { algorithm, key } } } })).status).toBe(401)
      }
      const bare: ToSign = { ...sign, without: ['alg'] }
      for (const other of names) {
        const keys = { k: { algorithm: other, key: pairs[other].publicKey } }
        expect([other, (await tried({ sign: bare, more: { keys } })).status]).toEqual([
          other,
          other === algorithm ? 200 : 401,
        ])
      }
    },
  )

  it.each<[algorithm: SignatureAlgorithm, key: () => string | Buffer | object]>([
    ['hmac-sha256', () => 'too short'],
    ['hmac-sha256', () => Buffer.alloc(31)],
    ['hmac-sha256', () => pairs.ed25519.publicKey],
    // A public key for a secret is one that everybody knows (the JWT fault of CVE-2015-9235).
    ['hmac-sha256', () => pairs.ed25519.publicKey.export({ type: 'spki', format: 'pem' })],
    ['ed25519', () => pairs['ecdsa-p256-sha256'].publicKey],
    ['ed25519', () => pairs.ed25519.privateKey],
    ['ed25519', () => pairs.ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['ecdsa-p256-sha256', () => pairs['ecdsa-p384-sha384'].publicKey],
    ['ecdsa-p384-sha384', () => pairs['ecdsa-p256-sha256'].publicKey],
    ['rsa-v1_5-sha256', () => pairs['rsa-pss-sha512'].publicKey],
    ['rsa-v1_5-sha256', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['rsa-pss-sha512', () => 'no key at all'],
    ['rsa-pss-sha512', () => Buffer.from('no key at all')],
  ])('H-155 %s takes no key of another kind, and shows none', (algorithm, make) => {
    const key = make() as string
    expect(() => httpSignature({ keys: { k: { algorithm, key } } })).toThrow(
      /option "keys\.k\.key" is "another key"; allowed: a /,
    )
  })
})

describe('keys by a function', () => {
  const known = { algorithm: 'hmac-sha256', key: SECRET } as const

  it.each<[when: string, find: FindSignatureKey]>([
    ['at once', (keyid) => (keyid === 'k1' ? known : undefined)],
    ['later', async (keyid) => (keyid === 'k1' ? known : undefined)],
  ])('are found %s, or are not known', async (_when, find) => {
    expect((await tried({ more: { keys: find } })).status).toBe(200)
    expect((await tried({ sign: { keyid: 'k2' }, more: { keys: find } })).why).toBe('the keyid is not known')
  })

  it('are of whom the keyid names, also if two share one', async () => {
    const own = filter({ keys: () => known })
    for (const keyid of ['a', 'b', 'a']) {
      const { passed } = await run(own, received(URL_, { fields: await signedFields(URL_, { keyid }) }))
      expect(principalOf(passed)?.id).toBe(keyid)
    }
  })
})

describe('several signatures', () => {
  const both = async (first: ToSign, second: ToSign): Promise<Pair[]> => {
    const [one, two] = [
      await signedFields(URL_, { label: 'a', ...first }),
      await signedFields(URL_, { label: 'b', ...second }),
    ]
    return one.map(([name, value], at) => [name, `${value}, ${two[at]![1]}`])
  }

  it.each<[what: string, first: ToSign, second: ToSign, status: number]>([
    ['one of a key that is not known', { keyid: 'x' }, {}, 200],
    ['one that covers too little', { components: [] }, {}, 200],
    ['one that is not good', { key: 'another secret of thirty-two bytes.' }, {}, 200],
    ['two that are not good', { keyid: 'x' }, { keyid: 'y' }, 401],
    ['what each covers by half', { components: ['@method'] }, { components: ['@target-uri'] }, 401],
  ])('with %s', async (_what, first, second, status) => {
    const ran = await run(filter(), received(URL_, { fields: await both(first, second) }))
    expect(ran.status).toBe(status)
  })
})

describe('a body', () => {
  const body = '{"a":1}'
  const components = ['@method', '@target-uri', 'content-digest']
  const signedWith = (digest: string): ToSign => ({ method: 'POST', headers: { 'Content-Digest': digest }, components })

  const stream = (...chunks: string[]): StreamBody => {
    const made: StreamBody = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
    for (const chunk of chunks) made.push(Buffer.from(chunk))
    made.end()
    return made
  }

  it.each([
    ['as bytes', () => bytesBody(body)],
    ['as a stream', () => stream('{"a"', ':1}')],
  ])('%s is held against its Content-Digest, and goes on', async (_what, make) => {
    for (const algorithm of ['sha256', 'sha512']) {
      const { status, passed } = await tried({
        method: 'POST',
        body: make(),
        sign: signedWith(digestOf(body, algorithm)),
      })
      expect(status).toBe(200)
      expect(Buffer.from(await bytes(passed!.body, 100)).toString()).toBe(body)
      // The same bytes can be sent again.
      expect(passed!.body.kind).toBe('bytes')
    }
  })

  it.each<[why: string, digest: string]>([
    ['the body is not what the Content-Digest says', digestOf('{"a":2}')],
    ['the body is not what the Content-Digest says', `${digestOf(body)}, ${digestOf('{"a":2}', 'sha512')}`],
    ['the body is not what the Content-Digest says', 'sha-256=:aGk=:'],
    ['the Content-Digest has neither sha-256 nor sha-512', 'md5=:aGk=:'],
    ['the Content-Digest is malformed', 'sha-256="x"'],
    ['the Content-Digest is malformed', 'sha-256=(:aGk=:)'],
    ['the Content-Digest is malformed', 'sha-256=:aGk='],
  ])('H-155 is refused: %s (%s)', async (why, digest) => {
    for (const sent of [bytesBody(body), stream(body)])
      expect((await tried({ method: 'POST', body: sent, sign: signedWith(digest) })).why).toBe(why)
  })

  it('that is none is held against a digest of nothing', async () => {
    expect((await tried({ sign: { ...signedWith(digestOf('')), method: 'GET' } })).status).toBe(200)
    expect((await tried({ sign: { ...signedWith(digestOf('x')), method: 'GET' } })).status).toBe(401)
  })

  it('that is too long is a 413, whether its length is stated or not', async () => {
    const sign = signedWith(digestOf(body))
    for (const sent of [bytesBody(body), stream('{"a"', ':1}')]) {
      const { status, why } = await tried({ method: 'POST', body: sent, sign, more: { maxBodyBytes: 6 } })
      expect([status, why]).toEqual([413, 'the signed body is longer than 6 bytes'])
    }
  })

  it('of a request whose head is not good is not read', async () => {
    const unread = stream(body)
    expect(
      (await tried({ method: 'POST', url: 'https://b.test/', body: unread, sign: signedWith(digestOf(body)) })).status,
    ).toBe(401)
    expect(unread.untouched).toBe(true)
  })

  it('that breaks off is what its source says, no denial', async () => {
    const broken: StreamBody = new StreamBody({ pause() {}, resume() {}, cancel() {} }, undefined)
    broken.fail(new EdgeError('ERR_EDGE_CLIENT_CLOSED', 'gone'))
    await expect(tried({ method: 'POST', body: broken, sign: signedWith(digestOf(body)) })).rejects.toThrow('gone')
  })
})

describe('nonces', () => {
  const once = async (more: Partial<HttpSignatureOptions>, sign: ToSign = {}) => {
    const fields = await signedFields(URL_, { params: { nonce: 'n1' }, ...sign })
    const ask = () => run(filter(more), received(URL_, { fields }))
    return ask
  }

  it('pass once, for one key', async () => {
    const replayStore = memoryReplayStore()
    const own = {
      keys: { k1: { algorithm: 'hmac-sha256', key: SECRET }, k2: { algorithm: 'hmac-sha256', key: SECRET } },
    } as const
    const ask = await once({ ...own, replayStore })
    const answers = [await ask(), await ask(), await (await once({ ...own, replayStore }, { keyid: 'k2' }))()]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200])
    expect(answers[1]!.denied[0]!.why).toBe('the nonce has come before')
  })

  it('pass once, whoever asks at the same time', async () => {
    const ask = await once({ replayStore: memoryReplayStore() })
    const answers = await Promise.all([ask(), ask(), ask()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  })

  it('are not spent by a body that is not what was signed, nor by explain', async () => {
    const replayStore = memoryReplayStore()
    const headers = { 'Content-Digest': digestOf('good') }
    const components = ['@method', '@target-uri', 'content-digest']
    const fields = await signedFields(URL_, { method: 'POST', headers, components, params: { nonce: 'n1' } })
    const ask = (body: string) => received(URL_, { method: 'POST', fields, body: bytesBody(body) })
    const own = httpSignature({ keys, now: () => AT, replayStore })
    expect(own.explain?.(ask('good'))).toMatchObject({
      verdict: 'depends',
      why: 'on whether the nonce has come before',
    })
    expect((await run(() => own, ask('evil'))).status).toBe(401)
    expect((await run(() => own, ask('good'))).status).toBe(200)
    expect((await run(() => own, ask('good'))).status).toBe(401)
  })

  it('are remembered for as long as the signature is good, in little room however long they are', async () => {
    const claim = vi.fn(async () => true)
    const ask = await once(
      { replayStore: { claim } },
      { params: { nonce: 'n'.repeat(4_000), created: new Date(AT - 100_000) } },
    )
    expect((await ask()).status).toBe(200)
    expect(claim).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^[\w-]{43}$/), 230_000)
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
  ])('let nothing pass while their store %s', async (_how, claim) => {
    const ask = await once({ replayStore: { claim } })
    await expect(ask()).rejects.toMatchObject({ code: 'ERR_EDGE_STORE', status: 503, cause: new Error('down') })
  })

  it('are forgotten oldest first, past the most that are kept', () => {
    const store = memoryReplayStore({ maxEntries: 2 })
    expect(['a', 'b', 'a', 'c', 'b', 'a'].map((id) => store.claim(id, 1_000))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ])
  })
})

describe('what a client sends', () => {
  const status = async (fields: readonly Pair[]): Promise<number> =>
    (await run(filter({ components: [] }), received(URL_, { fields }))).status

  it.each<[what: string, input: string | undefined, signature: string | undefined]>([
    ['no Signature', 'sig=();created=1;keyid="k1"', undefined],
    ['no Signature-Input', undefined, 'sig=:aGk=:'],
    ['another label', 'sig=();created=1', 'gis=:aGk=:'],
    ['no bytes', 'sig=();created=1', 'sig="x"'],
    ['bytes in brackets', 'sig=();created=1', 'sig=(:aGk=:)'],
    ['no brackets', 'sig="@method";created=1', 'sig=:aGk=:'],
    ['a component twice', 'sig=("@method" "@method");created=1', 'sig=:aGk=:'],
    ['a token for a component', 'sig=(method);created=1', 'sig=:aGk=:'],
    ['a text for a time', `sig=();created="${AT / 1000}";keyid="k1"`, 'sig=:aGk=:'],
    ['a fraction for a time', `sig=();created=${AT / 1000}.5;keyid="k1"`, 'sig=:aGk=:'],
    ['a token for a keyid', `sig=();created=${AT / 1000};keyid=k1`, 'sig=:aGk=:'],
    ['a number for a nonce', `sig=();created=${AT / 1000};keyid="k1";nonce=1`, 'sig=:aGk=:'],
    ['an empty signature', `sig=();created=${AT / 1000};keyid="k1"`, 'sig=::'],
    ['an empty field', '', ''],
    ['too much', `sig=(${'"x" '.repeat(3_000)})`, 'sig=:aGk=:'],
    ['too many components', `sig=(${Array.from({ length: 65 }, (_, at) => `"x${at}"`).join(' ')})`, 'sig=:aGk=:'],
    ['too many signatures', Array.from({ length: 9 }, (_, at) => `s${at}=()`).join(', '), 'sig=:aGk=:'],
  ])('H-155 %s is a 401', async (_what, input, signature) => {
    const fields: Pair[] = []
    if (input !== undefined) fields.push(['Signature-Input', input])
    if (signature !== undefined) fields.push(['Signature', signature])
    expect(await status(fields)).toBe(401)
  })

  it('H-132 signatures of any length are a 401', async () => {
    const [[name, input]] = handSigned([], '') as [Pair, Pair]
    for (const size of [0, 1, 31, 32, 33, 64, 4_096]) {
      const fields: Pair[] = [
        [name, input],
        ['Signature', `sig=:${Buffer.alloc(size, 7).toString('base64')}:`],
      ]
      expect(await status(fields)).toBe(401)
    }
  })

  it('H-155 garbage is a 401, never more', async () => {
    const text = fc.stringMatching(/^(sig=|\(|\)|"@[a-z-]{0,12}"|;[a-z]{1,7}=|:aGk=:|,| |"|[0-9]{1,3}|[a-z]){0,20}$/)
    await fc.assert(
      fc.asyncProperty(text, text, async (input, signature) => {
        expect(
          await status([
            ['Signature-Input', input],
            ['Signature', `sig=:aGk=:, ${signature}`],
          ]),
        ).toBe(401)
      }),
      { numRuns: 500 },
    )
  })

  it('is explained without a trace', async () => {
    const own = httpSignature({ keys, now: () => AT })
    const fields = await signedFields(URL_)
    expect(own.explain?.(received(URL_, { fields }))).toMatchObject({
      verdict: 'pass',
      why: 'it is http-signature: k1',
    })
    expect(own.explain?.(received(URL_))).toMatchObject({ verdict: 'deny', why: 'no credential' })
    expect(own.explain?.(received('https://b.test/', { fields }))).toMatchObject({
      verdict: 'deny',
      why: 'the signature is not good',
    })
    const later = httpSignature({ keys: async () => undefined, now: () => AT })
    expect(later.explain?.(received(URL_, { fields })).verdict).toBe('depends')
  })
})

describe('options', () => {
  it.each<[message: RegExp, options: object]>([
    [/option "keys" is undefined/, {}],
    [/option "keys" is "empty"/, { keys: {} }],
    [/unknown option "algorithms"/, { keys, algorithms: [] }],
    [/unknown option "secret".*Known: algorithm, key, principal/, { keys: { k: { secret: 'x' } } }],
    [/keys\.k\.algorithm" is undefined/, { keys: { k: { key: SECRET } } }],
    [/option "algorithm" is "none"/, { keys: { k: { algorithm: 'none', key: SECRET } } }],
    [/option "components" is "Content-Type"/, { keys, components: ['Content-Type'] }],
    [/option "components" is "a b"/, { keys, components: ['a b'] }],
    [/option "maxAgeMs" is 0/, { keys, maxAgeMs: 0 }],
    [/option "replayStore" is an object; allowed: a replay store/, { keys, replayStore: {} }],
    [/option "replayStore" is null/, { keys, replayStore: null }],
    [/structuredFields\.x" is "map"/, { keys, structuredFields: { x: 'map' } }],
  ])('H-155 %s', (message, options) => expect(() => httpSignature(options as never)).toThrow(message))
})
