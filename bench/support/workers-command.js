import { fileURLToPath } from 'node:url'

const WORKERS = fileURLToPath(new URL('./workers.js', import.meta.url))

/**
 * What runs several processes on one port.
 * @param {number} count
 * @param {'cluster' | 'reuseport'} way
 * @param {{ port: number, endpoints: string[] }} options
 */
export function workersCommand(count, way, { port, endpoints }) {
  return { file: process.execPath, args: [WORKERS, String(port), String(count), way, ...endpoints] }
}
