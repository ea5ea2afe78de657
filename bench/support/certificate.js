// A certificate for 127.0.0.1 that nobody vouches for, by the `openssl` command.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Writes one into a folder.
 * @param {string} folder
 * @returns {{ cert: string, key: string }} its files
 */
export function writeCertificate(folder) {
  mkdirSync(folder, { recursive: true })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = ['req', '-x509', ...kind, '-subj', '/CN=127.0.0.1', '-days', '2', '-keyout', key, '-out', cert]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { cert, key }
}

/**
 * A server of `node:https` that answers as one of `node:http` does.
 * @param {import('node:http').Server} server
 */
export function overTls(server) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-bench-tls-'))
  const { cert, key } = writeCertificate(folder)
  const secure = createServer({ cert: readFileSync(cert), key: readFileSync(key) })
  rmSync(folder, { recursive: true })
  for (const listener of server.listeners('request')) secure.on('request', listener)
  return secure
}
