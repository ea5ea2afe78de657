import type { Field, Fields } from './fields.js'
import type { Asked, Operation } from './operation.js'

/** What every operation may answer instead. */
const FAILURES = {
  default: {
    description: 'What is wrong, as RFC 9457 has it.',
    content: { 'application/problem+json': { schema: { type: 'object' } } },
  },
}

/** The operations that tell of the others: an index for people, and a description in OpenAPI 3.1 for programs. */
export function describe(operations: readonly Operation[]): readonly Operation[] {
  const index: Operation = {
    method: 'GET',
    path: '/',
    name: 'index',
    summary: 'What there is.',
    run: ({ link }) => ({
      json: { operations: all.map(({ method, path, summary }) => ({ method, path: link(path), summary })) },
    }),
  }
  const description: Operation = {
    method: 'GET',
    path: '/openapi.json',
    name: 'openapi',
    summary: 'This API in OpenAPI 3.1.',
    run: (asked) => ({ json: document(all, asked) }),
  }
  const all = [index, description, ...operations]
  return [index, description]
}

function document(operations: readonly Operation[], { link }: Asked): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    paths[operation.path]![operation.method.toLowerCase()] = operationObject(operation)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Edgewise admin API', version: '1' },
    servers: [{ url: link('') || '/' }],
    paths,
  }
}

function operationObject({ name, summary, path, query = {}, body }: Operation): object {
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, place]) => ({
    name: place,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = Object.entries(query).map(([parameter, { schema, required }]) => ({
    name: parameter,
    in: 'query',
    required,
    schema,
  }))
  return {
    operationId: name,
    summary,
    parameters: [...places, ...parameters],
    ...(body === undefined ? {} : { requestBody: bodyObject(body) }),
    responses: {
      '2XX': { description: 'What is now so.', content: { 'application/json': { schema: { type: 'object' } } } },
      ...FAILURES,
    },
  }
}

function bodyObject(fields: Fields): object {
  const entries: [string, Field][] = Object.entries(fields)
  const required = entries.flatMap(([name, each]) => (each.required ? [name] : []))
  const properties = Object.fromEntries(entries.map(([name, { schema }]) => [name, schema]))
  const schema = { type: 'object', properties, additionalProperties: false, ...(required.length > 0 && { required }) }
  return { required: required.length > 0, content: { 'application/json': { schema } } }
}
