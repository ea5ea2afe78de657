// The load: requests that arrive by chance, whether or not those before them have been answered. A request's time runs from when
// it was due, so that a proxy that stalls cannot hide it.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Pool } from 'undici'
import { poissonLoad } from '../simulation/pool-model.js'
import { model } from '../support/slow-model.js'
import { createRandom } from '../support/stats.js'

/** Longest that a request may take; it counts as failed then. */
const PATIENCE_MS = 10_000

/** @param {{ port: number, seconds: number, leadMs: number, seed: number }} job */
async function run({ port, seconds, leadMs, seed }) {
  const count = Math.round(model.perSecond * (seconds + leadMs / 1000))
  const requests = poissonLoad({ ...model, count, random: createRandom(seed) })
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: 1024,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  })
  const result = { latencies: [], failed: {}, slow: 0 }
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  const start = performance.now()
  const send = async ({ arrivesAt, serviceMs, key }) => {
    let status
    let endpoint
    try {
      const reply = await pool.request({
        method: 'GET',
        path: '/',
        headers: { 'x-key': key, 'x-service-ms': serviceMs.toFixed(1) },
      })
      await reply.body.text()
      status = reply.statusCode
      endpoint = Number(reply.headers['x-endpoint'])
    } catch (error) {
      status = error.code ?? error.message
    }
    if (arrivesAt < leadMs) return
    result.latencies.push(performance.now() - start - arrivesAt)
    if (status !== 200) result.failed[status] = (result.failed[status] ?? 0) + 1
    if (endpoint === model.slow) result.slow++
  }
  await new Promise((resolve) => {
    const sent = []
    const pump = () => {
      while (sent.length < count && requests[sent.length].arrivesAt <= performance.now() - start)
        sent.push(send(requests[sent.length]))
      if (sent.length === count) return void Promise.all(sent).then(resolve)
      setTimeout(pump, requests[sent.length].arrivesAt - (performance.now() - start))
    }
    pump()
  })
  lag.disable()
  await pool.close()
  return { ...result, lagMs: lag.percentile(99) / 1e6 }
}

process.on('message', async (job) => {
  try {
    process.send({ result: await run(job) })
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {}) // the runner decides
process.send({ ready: true })
