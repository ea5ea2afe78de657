// Writes config.schema.json, for editors, and the table of docs/configuration.md that says what is left out of each filter: both from the
// type `EdgeConfig`, so that they can't drift. `node scripts/config-schema.js`; with `--print` it only shows both. Format what it wrote: `npx biome check --write`.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as generator from 'ts-json-schema-generator'

const root = fileURLToPath(new URL('..', import.meta.url))
const PAGE = `${root}docs/configuration.md`
const BEGIN = '<!-- written by scripts/config-schema.js -->'
const END = '<!-- to here -->'

/** Types of running things: an option of such a type is left out, as functions are. */
const CODE = new Set(
  `AddressList Agent Balancer Buffer CacheStore Clock Discovery DnsResolver EventHub ExpressRateLimitStore FetchLike Filter Handler
  IdempotencyStore JsonExpression JsonMap JsonValueMaker KeyObject LimitStore LookupFunction MemoryStore OpenTelemetryApi Pool Probe ReplayStore
  Timeline Tracer Transport URL Uint8Array`.split(/\s+/),
)
const CODE_ONLY = '#/definitions/CodeOnly'
/** For tests alone, or given by the gateway: not worth a line for each filter. */
const ALWAYS = /(?:^|\.)(?:clock|events|now|random|wallClock)$/
/** A number or a boolean may be named by a variable, too. */
const VARIABLE = '^\\$\\{.*\\}$'
const HANDLERS = [
  'forward',
  'respond',
  'redirect',
  'split',
  'versions',
  'aggregate',
  'liveness',
  'readiness',
  'handOver',
  'handler',
]

const schema = generate()
const { definitions } = schema
const leftOut = new Map(
  ['pools', 'forward', ...Object.keys(definitions.FilterUse.properties)].map((name) => [name, []]),
)
list('pools', definitions.PoolConfig)
list('forward', definitions.ForwardConfig)
for (const [name, filter] of Object.entries(definitions.FilterUse.properties)) list(name, filter)
tidy(definitions)
delete definitions.CodeOnly
refine()
if (process.argv.includes('--print')) process.stdout.write(JSON.stringify({ schema, table: table() }))
else {
  writeFileSync(`${root}config.schema.json`, `${JSON.stringify(schema, null, 1)}\n`)
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(BEGIN)
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${table()}\n\n${END}${rest.split(END)[1]}`)
}

function generate() {
  const config = {
    ...generator.DEFAULT_CONFIG,
    path: `${root}src/config/edge-config.ts`,
    tsconfig: `${root}tsconfig.json`,
    type: 'EdgeConfig',
    functions: 'hide',
    encodeRefs: false,
    sortProps: false,
    // tsc has done it.
    skipTypeCheck: true,
  }
  const program = generator.createProgram(config)
  const parser = generator.createParser(program, config, (chain) => chain.addNodeParser(ownWords(chain)))
  const formatter = generator.createFormatter(config)
  return new generator.SchemaGenerator(program, parser, formatter, config).createSchema('EdgeConfig')
}

/** Reads the types that are written otherwise in a document, or not at all. */
function ownWords(chain) {
  const named = (name, ...properties) =>
    new generator.DefinitionType(name, new generator.ObjectType(name, [], properties, false))
  const nameOf = (node) => node.typeName?.getText() ?? ''
  return {
    supportsNode: (node) => CODE.has(nameOf(node)) || ['DataOf', 'Date', 'RegExp'].includes(nameOf(node)),
    createType(node, context) {
      const name = nameOf(node)
      if (name === 'DataOf') return chain.createType(node.typeArguments[0], context)
      if (name === 'Date') return new generator.StringType()
      if (name !== 'RegExp') return named('CodeOnly')
      const text = new generator.StringType()
      const [regex, flags] = ['regex', 'flags'].map((key) => new generator.ObjectProperty(key, text, key === 'regex'))
      return named('RegexConfig', regex, flags)
    },
  }
}

/** Whether nothing that a document can say fits. */
function isCode(node) {
  if (typeof node !== 'object' || node === null) return false
  if (node.$ref === CODE_ONLY) return true
  if (node.$ref !== undefined) return isCode(definitionOf(node))
  if (node.not !== undefined) return Object.keys(node.not).length === 0
  if (node.anyOf !== undefined) return node.anyOf.every(isCode)
  return node.type === 'array' && isCode(node.items)
}

function definitionOf({ $ref }) {
  return definitions[$ref.slice('#/definitions/'.length)]
}

/** Notes the options of a filter that are code, those of its options' options included. */
function list(name, node, path = '', seen = new Set()) {
  if (node.$ref !== undefined && node.$ref !== CODE_ONLY) {
    if (seen.has(node.$ref) || /(?:Handler|Authenticator|Filter)\w*$/.test(node.$ref)) return
    return list(name, definitionOf(node), path, new Set(seen).add(node.$ref))
  }
  for (const branch of node.anyOf ?? []) list(name, branch, path, seen)
  if (node.items !== undefined) list(name, node.items, `${path}[]`, seen)
  for (const [key, value] of Object.entries(node.properties ?? {})) {
    const place = path === '' ? key : `${path}.${key}`
    if (!isCode(value)) list(name, value, place, seen)
    else if (!ALWAYS.test(place) && !leftOut.get(name).includes(place)) leftOut.get(name).push(place)
  }
}

/** Takes out what is code, and what editors can't show: links, and defaults that are no values. */
function tidy(node) {
  if (typeof node !== 'object' || node === null) return
  if (Array.isArray(node.anyOf)) node.anyOf = node.anyOf.filter((branch) => !isCode(branch))
  if (isCode(node.additionalProperties)) node.additionalProperties = false
  for (const [key, value] of Object.entries(node.properties ?? {})) {
    if (!isCode(value)) continue
    delete node.properties[key]
    if (node.required !== undefined) node.required = node.required.filter((name) => name !== key)
  }
  if (typeof node.description === 'string') describe(node)
  else if (typeof node.default === 'string') describe(Object.assign(node, { description: '' }))
  if ((node.type === 'number' || node.type === 'boolean') && node.enum === undefined && node.const === undefined) {
    node.type = [node.type, 'string']
    node.pattern = VARIABLE
  }
  for (const value of Object.values(node)) tidy(value)
}

function describe(node) {
  const said = typeof node.default === 'string' ? node.default : undefined
  const number = said !== undefined && /^[\d_]+$/.test(said) ? Number(said.replaceAll('_', '')) : undefined
  if (number !== undefined) node.default = number
  const isWord = JSON.stringify(node).includes(`"const":"${said}"`) || (node.enum ?? []).includes(said)
  const isValue = said === undefined || number !== undefined || isWord
  if (!isValue) delete node.default
  const text = `${node.description}${isValue ? '' : ` Default: ${said}.`}`
  node.description = text
    .replace(/\{@link\s+(?:\w+\.)?(\w+)\s*\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim()
  if (node.description === '') delete node.description
}

/** What types can't say. */
function refine() {
  schema.title = 'Edgewise configuration'
  for (const node of Object.values(definitions))
    if (HANDLERS.every((name) => node.properties?.[name] !== undefined))
      node.oneOf = HANDLERS.map((name) => ({ required: [name] }))
  const { FilterUse, FilterConfig, AuthenticatorConfig } = definitions
  FilterUse.minProperties = 1
  FilterUse.anyOf = [
    { maxProperties: 1, not: { required: ['options'] } },
    { required: ['use'], maxProperties: 2 },
  ]
  for (const name of ['BalancerConfigs', 'DiscoveryConfig', 'TransportConfig', 'ConcurrencyConfig'])
    Object.assign(definitions[name], { minProperties: 1, maxProperties: 1 })
  const names = Object.keys(FilterUse.properties).filter((name) => !['use', 'options', 'list'].includes(name))
  FilterUse.properties.use = { ...FilterUse.properties.use, anyOf: [{ enum: names }, { type: 'string' }] }
  delete FilterUse.properties.use.type
  for (const config of [FilterConfig, AuthenticatorConfig])
    if (config.anyOf !== undefined) config.anyOf = [{ enum: names }, ...config.anyOf]
}

function table() {
  const rows = [...leftOut].filter(([, options]) => options.length > 0)
  const width = Math.max(...rows.map(([name]) => name.length + 2))
  const cells = rows.map(([name, options]) => [`\`${name}\``, options.map((each) => `\`${each}\``).join(', ')])
  const right = Math.max(...cells.map(([, options]) => options.length))
  const line = ([left, options]) => `| ${left.padEnd(width)} | ${options.padEnd(right)} |`
  return [line(['Of', 'Only in code']), `| ${'-'.repeat(width)} | ${'-'.repeat(right)} |`, ...cells.map(line)].join(
    '\n',
  )
}
