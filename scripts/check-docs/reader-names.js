/** Types of the names that examples leave to the reader; the others may be anything. */
const TYPES = {
  Consul: "typeof import('consul')",
  DiscoveryV1Api: "typeof import('@kubernetes/client-node').DiscoveryV1Api",
  KubeConfig: "typeof import('@kubernetes/client-node').KubeConfig",
  Transform: "typeof import('node:stream').Transform",
  Watch: "typeof import('@kubernetes/client-node').Watch",
  answer: "import('edgewise').Reply",
  app: "import('express').Express",
  createReadStream: "typeof import('node:fs').createReadStream",
  endpoints: 'string[]',
  exchange: "import('edgewise').Exchange",
  express: "typeof import('express')",
  gateway: "import('edgewise').Gateway",
  handler: "import('edgewise').Handler",
  http: "typeof import('node:http')",
  next: "import('edgewise').PlainHandler",
  pool: "import('edgewise').Pool",
  readFile: "typeof import('node:fs/promises').readFile",
  readFileSync: "typeof import('node:fs').readFileSync",
  routes: "import('edgewise').RouteOptions[]",
  server: "import('node:http').Server",
  signal: 'AbortSignal',
  socket: "import('node:net').Socket",
}

/** Whose `app` it is, where one of these puts a gateway into it. */
const APPS = {
  toFastify: "import('fastify').FastifyInstance",
  toHono: "import('hono').Hono",
  toKoa: "import('koa')",
}

/** Declares a name that is the reader's, in an example that uses these names. */
export function declarationOf(name, names) {
  const adapter = name === 'app' && Object.keys(APPS).find((each) => names.includes(each))
  return `declare const ${name}: ${APPS[adapter] ?? TYPES[name] ?? 'any'}`
}
