// Starts one proxy in a process of its own, on the proxies' core.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, nextMessage, PROXY_CORE, start, startNode, stop, versionOf } from './children.js'
import { family } from './proc.js'
import { listening } from './upstream.js'

const HOST = fileURLToPath(new URL('./proxy-host.js', import.meta.url))
const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url))
/** Programs, not Node modules: their files in bench/proxies say what to run. */
const PROGRAMS = new Map([
  ['nginx', 'nginx'],
  ['nginx-cached', 'nginx'],
  ['nginx-tls', 'nginx'],
  ['haproxy', 'haproxy'],
  ['edgewise-cluster-1', process.execPath],
  ['edgewise-cluster-2', process.execPath],
  ['edgewise-reuseport-2', process.execPath],
])

/**
 * @param {string} name a file in bench/proxies; `@22` behind it: under that version of Node
 * @param {{ endpoints: string[], dir: string }} around
 * @returns {Promise<{ skip: string } | { port: number, pids: number[], complaint(): string, stop(): Promise<void> }>}
 */
export function startProxy(name, around) {
  return PROGRAMS.has(name) ? startProgram(name, around) : startModule(name, around)
}

async function startModule(name, { endpoints }) {
  const [file, version] = name.split('@')
  const node = version === undefined ? process.execPath : nodeOf(version)
  if (node === undefined) return { skip: `there is no Node ${version} in .cache` }
  const child = startNode(HOST, [file, ...endpoints], PROXY_CORE, node)
  const { port, skip, error } = await nextMessage(child, 15_000)
  if (port !== undefined) return running(child, port)
  await stop(child)
  if (error !== undefined) throw new Error(error)
  return { skip }
}

async function startProgram(name, { endpoints, dir }) {
  if (programVersion(name) === null) return { skip: 'not installed' }
  const { command } = await import(`../proxies/${name}.js`)
  const port = await freePort()
  const { file, args } = command({ dir, port, endpoints })
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  return running(child, port)
}

/** The binary that `scripts/node-matrix.js` has fetched. */
function nodeOf(version) {
  const folder = existsSync(CACHE) && readdirSync(CACHE).find((name) => name.startsWith(`node-${version}.`))
  if (!folder) return undefined
  return join(CACHE, folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
}

function running(child, port) {
  return { port, pids: family(child.pid), complaint: () => child.complaint.trim(), stop: () => stop(child) }
}

/** @param {string} name */
export const programVersion = (name) => (PROGRAMS.has(name) ? versionOf(PROGRAMS.get(name), '-v') : null)
