// The small GET from clients that speak TLS 1.3: over connections that stay, and with a handshake for each. Wants `openssl`.

import keepAliveOff from './keep-alive-off.js'
import smallGet from './small-get.js'

const proxies = ['relay-tls', 'edgewise-tls', 'http-proxy-middleware-tls', 'nginx-tls']

/** @type {import('../support/measure.js').Scenario[]} */
export default [
  {
    ...smallGet,
    name: 'tls',
    title: 'the small GET over 64 keep-alive connections of TLS, three cleartext upstreams',
    proxies,
    load: { ...smallGet.load, tls: true },
  },
  {
    ...keepAliveOff,
    name: 'tls-handshakes',
    title: 'the small GET, each over a TLS connection of its own, 64 at once, three cleartext upstreams',
    proxies,
    load: { ...keepAliveOff.load, tls: true },
  },
]
