import { expect, it } from 'vitest'
import { messages } from './tsc.js'

const head = `
import {
  anyOf, apiKey, authenticator, basicAuth, compose, createGateway, createPool, type Exchange, type Filter, type Handler, jwt, principalOf, rateLimit, reply,
} from 'edgewise'
import { toExpress } from 'edgewise/express'
declare const handler: Handler
declare const byId: Handler<{ id: string }>
declare const filter: Filter
declare const exchange: Exchange
const tokens = jwt<{ tenant: string }>({ jwksUri: 'https://login.example.com/jwks.json' })
`
const route = (rest: string): string => `createGateway({ routes: [{ path: '/users/:id', ${rest} }] })`

/** What people get wrong, with the first line that the compiler says to it. */
const wrong: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'a name that the path does not have': [
    route('handler: async ({ params }) => reply(200, params.nope)'),
    "Property 'nope' does not exist on type 'Readonly<{ id: string; }>'.",
  ],
  'a slip in such a name': [
    `createGateway({ routes: [{ path: '/posts/:post', handler: async ({ params }) => reply(200, params.posts) }] })`,
    "Property 'posts' does not exist on type 'Readonly<{ post: string; }>'. Did you mean 'post'?",
  ],
  'a handler that needs another name': [
    `createGateway({ routes: [{ path: '/users/:name', handler: byId }] })`,
    "Type 'Handler<{ id: string; }>' is not assignable to type 'RouteHandler<\"/users/:name\">'.",
  ],
  'a route’s option': [
    route("handler, method: ['GET']"),
    "Object literal may only specify known properties, but 'method' does not exist in type 'RouteOptions<\"/users/:id\">'. Did you mean to write 'methods'?",
  ],
  'a route’s option that must be there': [
    route(''),
    "Property 'handler' is missing in type '{ path: \"/users/:id\"; }' but required in type 'RouteOptions<\"/users/:id\">'.",
  ],
  'the type of a route’s option': [
    route("handler, methods: 'GET'"),
    "Type 'string' is not assignable to type 'readonly string[]'.",
  ],
  'a handler’s answer': [
    route("handler: async () => 'text'"),
    "Type 'Promise<string>' is not assignable to type 'Promise<Reply>'.",
  ],
  'a filter where a handler belongs': [
    route('handler: filter'),
    "Type 'Filter' is not assignable to type 'RouteHandler<\"/users/:id\">'.",
  ],
  'a gateway’s option': [
    'createGateway({ routs: [] })',
    "Object literal may only specify known properties, but 'routs' does not exist in type 'GatewayOptions<readonly string[]>'. Did you mean to write 'routes'?",
  ],
  'no routes': [
    'createGateway({})',
    "Property 'routes' is missing in type '{}' but required in type 'GatewayOptions<readonly string[]>'.",
  ],
  'a chain without a handler': [
    'compose(filter)',
    "Argument of type '[Filter]' is not assignable to parameter of type '[...filters: Filter<Record<string, string>>[], terminal: Handler<Record<string, string>>]'.",
  ],
  'a pool’s option of an option': [
    "createPool({ name: 'x', endpoints: [], health: { activ: {} } })",
    "Object literal may only specify known properties, but 'activ' does not exist in type 'HealthOptions'. Did you mean to write 'active'?",
  ],
  'an adapter’s option': [
    "toExpress(handler, { bas: '/api' })",
    "Object literal may only specify known properties, but 'bas' does not exist in type 'AdapterOptions'. Did you mean to write 'base'?",
  ],
  'a claim that is not among those': [
    'principalOf(exchange, tokens)?.claims.tenat',
    "Property 'tenat' does not exist on type 'Readonly<{ tenant: string; }>'. Did you mean 'tenant'?",
  ],
  'an authenticator’s option': [
    "jwt({ jwksUrl: 'https://login.example.com' })",
    "Object literal may only specify known properties, but 'jwksUrl' does not exist in type 'JwtOptions'. Did you mean to write 'jwksUri'?",
  ],
  'what is known of an owner of a key': [
    "apiKey({ keys: { key: { id: 'acme', role: ['partner'] } } })",
    "Object literal may only specify known properties, but 'role' does not exist in type 'PrincipalLike'. Did you mean to write 'roles'?",
  ],
  'a verifier’s answer': [
    "authenticator({ name: 'session', verify: () => ({ name: 'ada' }) })",
    "Type '{ name: string; }' is not assignable to type 'false | Promise<false | PrincipalLike | null> | PrincipalLike | null'.",
  ],
  'a pool’s option': [
    "createPool({ name: 'users', endpoint: ['http://127.0.0.1:1'] })",
    "Object literal may only specify known properties, but 'endpoint' does not exist in type 'PoolOptions'. Did you mean to write 'endpoints'?",
  ],
  'a word that is none of those': [
    "rateLimit({ limit: 1, windowMs: 1, algorithm: 'leaky' })",
    "Type '\"leaky\"' is not assignable to type 'LimitAlgorithm | undefined'.",
  ],
  'a filter that forgets to return': [
    'const forgets: Filter = async (exchange, next) => { await next(exchange) }',
    "Type '(exchange: Exchange<Record<string, string>>, next: PlainHandler) => Promise<void>' is not assignable to type 'Filter'.",
  ],
  'a filter among authenticators': [
    'anyOf(tokens, filter)',
    "Type 'Filter' is missing the following properties from type 'Authenticator<object>': authenticator, member",
  ],
}

it('say what is wrong in their first line', async () => {
  const names = Object.keys(wrong)
  const texts = names.map((name, at) => [`case-${at}`, `${head}${wrong[name]![0]}`] as const)
  const found = await messages(Object.fromEntries(texts))
  expect(Object.fromEntries(names.map((name, at) => [name, found[`case-${at}`]]))).toEqual(
    Object.fromEntries(names.map((name) => [name, [wrong[name]![1]]])),
  )
}, 60_000)
