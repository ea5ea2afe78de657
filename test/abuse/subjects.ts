import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

interface Named {
  /** As the page's column. */
  readonly name: string
  /** Of the package that carries the requests; NGINX and HAProxy tell it themselves. */
  readonly version: () => string
  /** Whether it is ours, and must hold every row. */
  readonly ours?: true
}

export type Subject = Named &
  (
    | {
        readonly kind: 'node'
        /** What serves it, and stands on the page as its configuration. */
        readonly module: URL
        /** Things that it has no option for, and why. */
        readonly lacks?: Readonly<Record<string, string>>
      }
    | { readonly kind: 'nginx' | 'haproxy'; readonly lacks?: undefined }
  )

const require = createRequire(import.meta.url)

function packaged(name: string): () => string {
  return () => {
    const main = require.resolve(name)
    const folder = main.slice(0, main.lastIndexOf(`node_modules/${name}/`))
    return (require(`${folder}node_modules/${name}/package.json`) as { version: string }).version
  }
}

function said(program: string, pattern: RegExp): () => string {
  return () => {
    const { stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' })
    return pattern.exec(`${stdout}${stderr}`)?.[1] ?? ''
  }
}

const module = (name: string): URL => new URL(`./proxies/${name}`, import.meta.url)
const here = (): string => (require('../../package.json') as { version: string }).version

/** Everybody that is attacked. */
export const subjects: readonly Subject[] = [
  { name: 'Edgewise', version: here, kind: 'node', module: module('edgewise-http1.ts'), ours: true },
  { name: 'Edgewise, httpProxy()', version: here, kind: 'node', module: module('edgewise-http-proxy.ts'), ours: true },
  { name: 'http-proxy-3', version: packaged('http-proxy-3'), kind: 'node', module: module('http-proxy-3.js') },
  {
    name: 'http-proxy-3, no agent',
    version: packaged('http-proxy-3'),
    kind: 'node',
    module: module('http-proxy-3-no-agent.js'),
  },
  {
    name: 'http-proxy-middleware',
    version: packaged('http-proxy-middleware'),
    kind: 'node',
    module: module('http-proxy-middleware.js'),
  },
  { name: 'httpxy', version: packaged('httpxy'), kind: 'node', module: module('httpxy.js') },
  {
    name: '@fastify/http-proxy',
    version: packaged('@fastify/http-proxy'),
    kind: 'node',
    module: module('fastify-http-proxy.js'),
    lacks: { xfwd: 'it has no option that writes X-Forwarded-*; a hook of your own can' },
  },
  { name: 'nginx', version: said('nginx', /nginx\/([\d.]+)/), kind: 'nginx' },
  { name: 'haproxy', version: said('haproxy', /version ([\d.]+)/), kind: 'haproxy' },
]
