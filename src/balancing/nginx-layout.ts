import { crc32 } from 'node:zlib'
import { optionError } from '../options.js'
import type { TableLayout } from './hash-table.js'
import { Ring } from './ring.js'

/** Of each server for each unit of its weight (ngx_http_upstream_hash_module). */
const POINTS = 160
/** NGINX has no bound; 16 million points are as far as we follow. */
const MOST_WEIGHT = 100_000

/**
 * The ring of NGINX's `hash … consistent`, which is that of Cache::Memcached::Fast: each point of a server is
 * `crc32(host \0 port previous-point)`, the previous point as four bytes, low one first.
 */
export const nginxLayout: TableLayout = {
  order: 'as configured',
  lay(endpoints) {
    const total = endpoints.reduce((sum, { weight }) => sum + weight, 0)
    if (total > MOST_WEIGHT)
      throw optionError('ringHash', 'weight', total, `weights of ${MOST_WEIGHT} in sum, with compatibleWith: 'nginx'`)
    const counts = endpoints.map(({ weight }) => Math.round(weight * POINTS))
    const points = new Uint32Array(counts.reduce((sum, count) => sum + count, 0))
    const owners = new Uint32Array(points.length)
    const previous = Buffer.alloc(4)
    let at = 0
    for (const [owner, { name }] of endpoints.entries()) {
      const base = crc32(hostAndPort(serverName(name)))
      previous.writeUInt32LE(0)
      for (let point = 0; point < counts[owner]!; point++) {
        const place = crc32(previous, base)
        previous.writeUInt32LE(place)
        points[at] = place
        owners[at++] = owner
      }
    }
    return new Ring(points, owners, crc32OfKey)
  },
}

/** What the `server` line says: a URL without scheme and path, any other name as it stands. */
function serverName(name: string): string {
  if (/^unix:/i.test(name)) return /^unix:[^:]*/i.exec(name)![0]
  return /^[a-z]+:\/\/([^/]*)/i.exec(name)?.[1] ?? name
}

function hostAndPort(server: string): string {
  if (/^unix:/i.test(server)) return `${server.slice('unix:'.length)}\0`
  const [, host, port] = /^(.*):([0-9]*)$/s.exec(server) ?? ['', server, '']
  return `${host}\0${port}`
}

/** NGINX hashes the bytes that came, and Node makes one character of each byte of a field. Only a function's key can hold others. */
function crc32OfKey(key: string): number {
  return crc32(isAscii(key) ? key : Buffer.from(key, isBytes(key) ? 'latin1' : 'utf8')) | 0
}

function isAscii(key: string): boolean {
  for (let at = 0; at < key.length; at++) if (key.charCodeAt(at) > 0x7f) return false
  return true
}

function isBytes(key: string): boolean {
  for (let at = 0; at < key.length; at++) if (key.charCodeAt(at) > 0xff) return false
  return true
}
