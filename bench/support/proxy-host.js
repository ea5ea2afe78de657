// The process of one Node proxy: imports bench/proxies/<name>.js, listens, reports its port.

import { once } from 'node:events'

const [name, ...endpoints] = process.argv.slice(2)

async function serve() {
  let proxy
  try {
    proxy = await import(`../proxies/${name}.js`)
  } catch (error) {
    return { skip: `cannot be imported: ${error.message.split('\n', 1)[0]}` }
  }
  const server = await proxy.createProxy({ endpoints })
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  return { port: server.address().port }
}

process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send(await serve().catch((error) => ({ error: String(error) })))
