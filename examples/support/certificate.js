// A certificate for this machine that nobody trusts: what a server of TLS needs to start. `openssl` makes it.
import { execFileSync } from 'node:child_process'

export function selfSigned() {
  const wish = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const pem = execFileSync('openssl', ['req', ...wish, '-subj', '/CN=localhost', '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { key: pem, cert: pem }
}
