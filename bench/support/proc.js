// What /proc says about a process. Linux only: elsewhere `supported` is false and the runner says so.

import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const supported = existsSync('/proc/self/stat')

const TICK_US = 10_000 // USER_HZ is 100 on every Linux that Node runs on

/**
 * CPU time of a process, all its threads, in µs. `schedstat` counts nanoseconds; `stat` only ticks of 10 ms.
 * @param {number} pid
 */
export function cpuMicros(pid) {
  try {
    let nanos = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0])
    }
    if (nanos > 0) return nanos / 1000
  } catch {
    // kernel without schedstat, or a thread that ended meanwhile
  }
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/**
 * Memory of a process in MiB: now, and at its highest.
 * @param {number} pid
 */
export function memoryMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return { now: field(status, 'VmRSS'), peak: field(status, 'VmHWM') }
}

/**
 * The process and its children (nginx: master and worker).
 * @param {number} pid
 */
export function family(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number)
  return [pid, ...children]
}

function field(status, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return -1 // ended while we looked
  }
}
