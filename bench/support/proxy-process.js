// Starts one proxy in a process of its own, on the proxies' core.

import { fileURLToPath } from 'node:url'
import { freePort, nextMessage, PROXY_CORE, start, startNode, stop, versionOf } from './children.js'
import { family } from './proc.js'
import { listening } from './upstream.js'

const HOST = fileURLToPath(new URL('./proxy-host.js', import.meta.url))
/** Programs, not Node modules: their files in bench/proxies say what to run. */
const PROGRAMS = new Map([
  ['nginx', '-v'],
  ['haproxy', '-v'],
])

/**
 * @param {string} name a file in bench/proxies
 * @param {{ endpoints: string[], dir: string }} around
 * @returns {Promise<{ skip: string } | { port: number, pids: number[], complaint(): string, stop(): Promise<void> }>}
 */
export function startProxy(name, around) {
  return PROGRAMS.has(name) ? startProgram(name, around) : startModule(name, around)
}

async function startModule(name, { endpoints }) {
  const child = startNode(HOST, [name, ...endpoints], PROXY_CORE)
  const { port, skip, error } = await nextMessage(child, 15_000)
  if (port !== undefined) return running(child, port)
  await stop(child)
  if (error !== undefined) throw new Error(error)
  return { skip }
}

async function startProgram(name, { endpoints, dir }) {
  if (versionOf(name, PROGRAMS.get(name)) === null) return { skip: 'not installed' }
  const { command } = await import(`../proxies/${name}.js`)
  const port = await freePort()
  const { file, args } = command({ dir, port, endpoints })
  const child = start(file, args, { core: PROXY_CORE })
  await listening(port, child)
  return running(child, port)
}

function running(child, port) {
  return { port, pids: family(child.pid), complaint: () => child.complaint.trim(), stop: () => stop(child) }
}

/** @param {string} name */
export const programVersion = (name) => (PROGRAMS.has(name) ? versionOf(name, PROGRAMS.get(name)) : null)
