// What validators cost on top of JSON.parse: `npm run build:js && node bench/validating.js [rounds]`. µs of CPU time a request, with the
// body there already: median and range over rounds, which are interleaved.
import {
  bytesBody,
  compose,
  graphqlLimits,
  jsonLimits,
  openapi,
  reply,
  validateJson,
  xmlLimits,
} from '../dist/index.js'
import { median } from './support/stats.js'
import { plainTable } from './support/table.js'

const rounds = Number(process.argv[2] ?? 9)
const MANY = 20_000

const schema = {
  type: 'object',
  required: ['name', 'email', 'age'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', maxLength: 64 },
    email: { type: 'string', format: 'email' },
    age: { type: 'integer', minimum: 0 },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 10 },
  },
}
const document = {
  openapi: '3.1.0',
  paths: {
    '/users/{id}': {
      post: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
          { name: 'dry', in: 'query', schema: { type: 'boolean' } },
        ],
        requestBody: { content: { 'application/json': { schema } } },
      },
    },
  },
}
const json = JSON.stringify({ name: 'Ada Lovelace', email: 'ada@example.com', age: 36, tags: ['math', 'engines'] })
const query = JSON.stringify({
  query: 'query Q($n: Int) { users(first: $n) { id name friends { id name } } }',
  variables: { n: 5 },
})
const xml =
  '<?xml version="1.0"?><user><name>Ada Lovelace</name><email kind="work">ada@example.com</email><age>36</age></user>'

const subjects = [
  ['JSON.parse alone', json, 'application/json', (exchange) => JSON.parse(Buffer.from(exchange.body.bytes).toString())],
  ['no filter', json, 'application/json', compose(async () => answer)],
  ['jsonLimits', json, 'application/json', compose(jsonLimits(), async () => answer)],
  ['validateJson', json, 'application/json', compose(validateJson({ body: schema }), async () => answer)],
  ['openapi', json, 'application/json', compose(openapi({ document }), async () => answer)],
  ['xmlLimits', xml, 'application/xml', compose(xmlLimits(), async () => answer)],
  ['graphqlLimits', query, 'application/json', compose(graphqlLimits(), async () => answer)],
]
const answer = reply(200, 'ok')
const taken = new Map(subjects.map(([name]) => [name, []]))
for (let round = 0; round <= rounds; round++) {
  for (const [name, text, type, handler] of subjects) {
    const exchange = exchangeOf(text, type)
    const before = process.cpuUsage()
    for (let at = 0; at < MANY; at++) await handler(exchange)
    const { user, system } = process.cpuUsage(before)
    // The first round warms up.
    if (round > 0) taken.get(name).push((user + system) / MANY)
  }
}
const rows = [...taken].map(([name, times]) => [
  name,
  `${median(times).toFixed(2)} (${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)})`,
])
console.log(plainTable(['a body of 100 bytes', 'µs'], rows))

console.log(
  `\nmade in: validateJson ${timeOf(() => validateJson({ body: schema }))} ms, openapi ${timeOf(() => openapi({ document }))} ms`,
)

function timeOf(make) {
  const start = performance.now()
  make()
  return (performance.now() - start).toFixed(1)
}

function exchangeOf(text, type) {
  const target = { path: '/users/7', query: '?dry=true', href: '/users/7?dry=true' }
  const exchange = {
    method: 'POST',
    target,
    wire: target,
    headers: { 'content-type': type },
    body: bytesBody(text),
    upgrade: null,
    set() {},
  }
  return { ...exchange, with: () => exchange }
}
