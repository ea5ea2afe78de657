import cluster from 'node:cluster'

// A primary that forks a worker on request and passes on what workers say: it holds the port, so that no connection is lost between them.
cluster.setupPrimary({ exec: new URL('gateway-process.ts', import.meta.url).pathname, args: process.argv.slice(2) })
process.on('message', (message) => {
  if (message === 'fork') cluster.fork()
  else process.disconnect()
})
cluster.on('listening', (worker, address) => process.send?.({ pid: worker.process.pid, listening: address.port }))
cluster.on('exit', (worker, code, signal) =>
  process.send?.({ pid: worker.process.pid, code, signal, voluntary: worker.exitedAfterDisconnect }),
)
process.send?.('started')
