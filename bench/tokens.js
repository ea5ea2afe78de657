// node bench/tokens.js: what jwt() adds to an exchange, in CPU time of all threads, without sockets.

import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { SignJWT } from 'jose'
import { compose, jwt, reply, toHeaders } from '../dist/index.js'
import { ExchangeOrigin, emptyBody, NodeExchange, parseTarget } from '../dist/inside.js'
import { readArguments } from './support/arguments.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/tokens.js [options]   (after npm run build)
  --rounds N    interleaved rounds (9)
  --seed N      of their order (1)
  --quick       one short round: does it run?`

const { quick, ...given } = readArguments(USAGE, { numbers: { rounds: 100, seed: 2 ** 32 - 1 }, flags: ['quick'] })
const rounds = given.rounds ?? (quick ? 1 : 9)
const known = quick ? 2_000 : 50_000
const anew = quick ? 50 : 1_000
const random = createRandom(given.seed ?? 1)

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const secret = createSecretKey(Buffer.alloc(32, 7))
const tokens = {
  RS256: await sign('RS256', rsa.privateKey, 1_000),
  ES256: await sign('ES256', ec.privateKey, 1),
  HS256: await sign('HS256', secret, 1),
}
const plain = reply(200)
const answer = () => Promise.resolve(plain)
const behind = (options) => compose(jwt({ skipPaths: [], ...options }), answer)
const once = { cache: false }

const cases = [
  ['nothing', compose((exchange, next) => next(exchange), answer), tokens.RS256, known],
  ['known, one', behind({ key: rsa.publicKey }), tokens.RS256.slice(0, 1), known],
  ['known, a thousand', behind({ key: rsa.publicKey }), tokens.RS256, known],
  [
    'known, two identity fields',
    behind({ key: rsa.publicKey, identityHeaders: { 'x-user': 'id', 'x-scopes': 'scopes' } }),
    tokens.RS256,
    known,
  ],
  ['known, in a cookie', behind({ key: rsa.publicKey, from: [{ cookie: 'sid' }] }), tokens.RS256, known],
  ['RS256 anew', behind({ key: rsa.publicKey, ...once }), tokens.RS256, anew],
  ['ES256 anew', behind({ key: ec.publicKey, ...once }), tokens.ES256, anew],
  ['HS256 anew', behind({ key: secret, algorithms: ['HS256'], ...once }), tokens.HS256, anew],
]

const rows = cases.map(([name, handler, list, turns]) => ({ name, handler, list, turns, ns: [] }))
for (const row of rows) await spend(row)
for (let round = 0; round < rounds; round++) for (const row of shuffled(rows, random)) row.ns.push(await spend(row))

const base = median(rows[0].ns)
console.log(`An exchange with a token of ${tokens.RS256[0].length} characters; medians of ${rounds} rounds.\n`)
console.log(
  plainTable(
    ['token', 'ns', 'range', 'more than nothing'],
    rows.map(({ name, ns }) => [
      name,
      median(ns).toFixed(0),
      `${Math.min(...ns).toFixed(0)}–${Math.max(...ns).toFixed(0)}`,
      `+${(median(ns) - base).toFixed(0)}`,
    ]),
  ),
)

/** Of one turn. Each has strings of its own, as from a socket: V8 would remember the hash of one that it has seen. */
async function spend({ handler, list, turns }) {
  let spent = 0
  const batch = Math.min(turns, 1_000)
  for (let done = 0; done < turns; done += batch) {
    const exchanges = Array.from({ length: batch }, (_, at) => makeExchange(list[at % list.length]))
    const before = process.cpuUsage()
    for (const exchange of exchanges) if ((await handler(exchange)).status !== 200) throw new Error('denied')
    const { user, system } = process.cpuUsage(before)
    spent += user + system
  }
  return (spent * 1000) / turns
}

function makeExchange(token) {
  const client = {
    address: '192.0.2.1',
    protocol: 'http',
    host: 'a.test',
    port: 80,
    authority: 'a.test',
    peer: '',
    trusted: false,
    forwardedFor: '',
  }
  const flat = (text) => Buffer.from(text).toString('latin1')
  const fields = {
    host: 'a.test',
    accept: '*/*',
    'user-agent': 'x'.repeat(80),
    authorization: flat(`Bearer ${token}`),
    cookie: flat(`a=1; sid=${token}`),
    'accept-encoding': 'gzip, br',
  }
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), client, '/', null, 0)
  const target = parseTarget('/users/7?q=1&page=2', 'GET', null)
  return new NodeExchange(origin, 'GET', target, target, toHeaders(fields), emptyBody)
}

function sign(alg, key, count) {
  const claims = (at) => ({
    sub: `user-${at}`,
    iss: 'https://login.example.com/',
    aud: 'api',
    scope: 'read write',
    roles: ['user'],
    email: 'ada@example.com',
  })
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      new SignJWT(claims(at)).setProtectedHeader({ alg, kid: 'k1' }).setExpirationTime('1h').sign(key),
    ),
  )
}
