// Every process that the benchmark starts goes through here, so that every one is ended, by its pid, whatever happens.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set()
let closing = false

/** Whether processes can be pinned: `taskset` is there and so are two cores. */
export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['-c', '1', 'true']).status === 0

export const PROXY_CORE = 1
export const LOAD_CORE = 0

/**
 * Starts a process on one core. `taskset` replaces itself by the program, so the pid is the program's.
 * @param {string} file
 * @param {string[]} args
 * @param {{ core: number, ipc?: boolean, output?: boolean }} options `output`: what it prints is wanted
 */
export function start(file, args, { core, ipc = false, output = false }) {
  if (closing) throw new Error('the benchmark is ending')
  const [command, ...rest] = pinned ? ['taskset', '-c', String(core), file, ...args] : [file, ...args]
  const child = spawn(command, rest, {
    stdio: ['ignore', output ? 'pipe' : 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  })
  child.complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    child.complaint = (child.complaint + text).slice(-2000)
  })
  child.on('error', (error) => {
    child.complaint += error.message
    living.delete(child)
  })
  child.on('exit', () => living.delete(child))
  living.add(child)
  return child
}

/** @param {string} script absolute path @param {string[]} args @param {number} core @param {string} node which one @param {string[]} flags its own */
export const startNode = (script, args, core, node = process.execPath, flags = []) =>
  start(node, [...flags, script, ...args], { core, ipc: true })

/**
 * The next message of a child; rejects when it ends or stays silent.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} withinMs
 */
export function nextMessage(child, withinMs) {
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      settle(value)
    }
    const onMessage = (message) => done(resolve, message)
    const onExit = (code, signal) => done(reject, new Error(`ended (${signal ?? code}): ${lastLine(child.complaint)}`))
    const timer = setTimeout(() => done(reject, new Error(`no answer within ${withinMs} ms`)), withinMs)
    child.on('message', onMessage)
    child.on('exit', onExit)
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode)
  })
}

/** @param {import('node:child_process').ChildProcess} child */
export async function stop(child) {
  if (!living.has(child)) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const ended = await Promise.race([exit.then(() => true), delay(2000, false, { ref: false })])
  if (!ended) {
    child.kill('SIGKILL')
    await exit
  }
}

/** Ends whatever still runs, and lets nothing new start. */
export function stopAll() {
  closing = true
  return Promise.all([...living].map(stop))
}

/** A port that was free a moment ago, for programs that cannot be asked which one they took. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Whether a program can be run at all. @param {string} file @param {string} flag */
export function versionOf(file, flag) {
  const { status, stdout, stderr } = spawnSync(file, [flag], { encoding: 'utf8' })
  return status === 0 ? (/\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? 'unknown') : null
}

function lastLine(text) {
  return text.trim().split('\n').slice(-3).join(' | ') || 'no message'
}
