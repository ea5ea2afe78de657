// node bench/rewriting.js: what each filter that rewrites adds to an exchange, in ns of one core, without sockets.

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import {
  compose,
  errorPages,
  redirect,
  redirectToHttps,
  reply,
  replyHeaders,
  requestHeaders,
  rewriteCookies,
  rewriteLocation,
  rewritePath,
  rewriteQuery,
  toHeaders,
  trailingSlash,
} from '../dist/index.js'
import { ExchangeOrigin, emptyBody, NodeExchange, parseTarget } from '../dist/inside.js'
import { readArguments } from './support/arguments.js'
import { createRandom, median, shuffled } from './support/stats.js'
import { plainTable } from './support/table.js'

const USAGE = `node bench/rewriting.js [options]   (after npm run build)
  --rounds N    interleaved rounds (9)
  --seed N      of their order (1)
  --quick       one short round: does it run?`

const { quick, ...given } = readArguments(USAGE, { numbers: { rounds: 100, seed: 2 ** 32 - 1 }, flags: ['quick'] })
const rounds = given.rounds ?? (quick ? 1 : 9)
const turns = quick ? 2_000 : 100_000
const random = createRandom(given.seed ?? 1)

const plain = reply(200, null, { 'content-type': 'application/json', server: 'x', etag: '"x"', date: 'now' })
const found = reply(302, null, { location: 'http://10.0.0.1:3000/v2/people/7', server: 'x' })
const setting = reply(200, null, { 'set-cookie': ['sid=1; Path=/; Domain=app.internal', 'b=2; Path=/'] })
const answers = { plain: async () => plain, found: async () => found, setting: async () => setting }
const http = { from: ['http://10.0.0.1:3000/v2'], paths: { '/people': '/users' } }

/** @type {readonly [name: string, handler: Function][]} */
const cases = [
  ['nothing', compose((exchange, next) => next(exchange), answers.plain)],
  ['requestHeaders, fixed', compose(requestHeaders({ set: { 'x-a': '1' }, remove: ['cookie'] }), answers.plain)],
  ['requestHeaders, templates', compose(requestHeaders({ set: { 'x-a': '{host}{path}' } }), answers.plain)],
  ['replyHeaders, fixed', compose(replyHeaders({ set: { 'x-a': '1' }, remove: ['server'] }), answers.plain)],
  ['rewritePath, strip and add', compose(rewritePath({ strip: '/users', add: '/people' }), answers.plain)],
  ['rewritePath, glob', compose(rewritePath({ pattern: '/users/:id', to: '/people/{params.id}' }), answers.plain)],
  ['rewritePath, pathRewrite', compose(rewritePath({ pathRewrite: { '^/users': '/people' } }), answers.plain)],
  ['rewriteQuery, set', compose(rewriteQuery({ set: { a: '{headers.host}' } }), answers.plain)],
  ['rewriteLocation, none there', compose(rewriteLocation(http), answers.plain)],
  ['rewriteLocation', compose(rewriteLocation(http), answers.found)],
  ['rewriteCookies, two', compose(rewriteCookies({ domain: false, secure: true }), answers.setting)],
  ['redirectToHttps, passes', compose(redirectToHttps({ skip: () => true }), answers.plain)],
  ['trailingSlash, passes', compose(trailingSlash({ mode: 'remove' }), answers.plain)],
  ['errorPages, passes', compose(errorPages({ pages: { '5xx': 'x' } }), answers.plain)],
  ['redirect', redirect({ to: '/new{path}' })],
]

const exchange = makeExchange()
const rows = cases.map(([name, handler]) => ({ name, handler, ns: [] }))
for (const { handler } of rows) await spend(handler, turns >> 2)
for (let round = 0; round < rounds; round++)
  for (const row of shuffled(rows, random)) row.ns.push(await spend(row.handler, turns))

const base = median(rows[0].ns)
console.log(`An exchange through one filter; medians of ${rounds} rounds of ${turns}.\n`)
console.log(
  plainTable(
    ['filter', 'ns', 'range', 'more than nothing'],
    rows.map(({ name, ns }) => [
      name,
      median(ns).toFixed(0),
      `${Math.min(...ns).toFixed(0)}–${Math.max(...ns).toFixed(0)}`,
      `+${(median(ns) - base).toFixed(0)}`,
    ]),
  ),
)

/** CPU time of one turn, as the machine may be busy with other things. */
async function spend(handler, count) {
  const before = process.cpuUsage()
  for (let left = count; left > 0; left--) await handler(exchange.with({}))
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / count
}

function makeExchange() {
  const client = {
    address: '192.0.2.1',
    protocol: 'http',
    host: 'a.test',
    port: 80,
    authority: 'a.test',
    peer: '192.0.2.1',
    trusted: false,
    forwardedFor: '',
  }
  const fields = {
    host: 'a.test',
    accept: '*/*',
    'user-agent': 'x'.repeat(80),
    cookie: 'sid=1; b=2',
    'accept-language': 'de',
    'accept-encoding': 'gzip, br',
  }
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), client, '/', null, 0)
  const target = parseTarget('/users/7?q=1&page=2', 'GET', null)
  return new NodeExchange(origin, 'GET', target, target, toHeaders(fields), emptyBody)
}
