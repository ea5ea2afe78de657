// The load: a closed loop of keep-alive connections on bare `node:net`, in a process of its own. It also reads the
// proxy's CPU time from /proc at the exact start and end of the measured window, while the load is steady.

import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { createReplyReader, requestHead, writeBody } from './http-text.js'
import { cpuMicros, memoryMiB } from './proc.js'
import { mean, percentile } from './stats.js'

const latencies = new Float64Array(4_000_000) // reused by every run; past it the latency is not recorded
const readBuffer = Buffer.alloc(65_536) // shared by all sockets: what was read is dealt with before the next read
const STALL_MS = 10_000
const SAMPLE_MS = 50

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {number[]} pids the proxy's processes
 * @property {number} connections
 * @property {boolean} [tls]
 * @property {boolean} [anew] each request comes on a connection of its own
 * @property {{ method: string, path: string, bodyBytes?: number, fields?: Record<string, string> }} request
 * @property {{ status: number, body?: string, bytes?: number }} expected
 * @property {number} leadMs unmeasured load before the window
 * @property {number} windowMs
 * @property {number | null} requests ends the window earlier
 */

/** @param {Job} job */
function run(job) {
  return new Promise((resolve, reject) => {
    const head = requestHead(job.request)
    /** @type {Set<import('node:net').Socket>} */
    const sockets = new Set()
    const rss = []
    let phase = 'lead'
    let completed = 0
    let completedAtStart = 0
    let bytesIn = 0
    let bytesOutOfClosed = 0
    let reconnects = 0
    let progressAt = performance.now()
    let start = null
    let result = null

    const snapshot = () => ({
      at: performance.now(),
      cpu: job.pids.reduce((sum, pid) => sum + cpuMicros(pid), 0),
      bytesIn,
      bytesOut: [...sockets].reduce(
        (sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength,
        bytesOutOfClosed,
      ),
    })

    const watchdog = setInterval(() => {
      if (performance.now() - progressAt > STALL_MS) fail(new Error(`no progress for ${STALL_MS} ms`))
    }, 500)
    const sampler = setInterval(() => {
      if (phase === 'window') rss.push({ at: performance.now(), mib: memory('now') })
    }, SAMPLE_MS)
    const timers = [setTimeout(begin, job.leadMs), setTimeout(end, job.leadMs + job.windowMs)]

    function begin() {
      phase = 'window'
      completedAtStart = completed
      start = snapshot()
    }

    function end() {
      if (phase !== 'window') return
      phase = 'drain'
      const stop = snapshot()
      const requests = completed - completedAtStart
      const sorted = latencies.subarray(0, Math.min(requests, latencies.length)).sort()
      result = {
        seconds: (stop.at - start.at) / 1000,
        requests,
        bytes: stop.bytesIn - start.bytesIn + stop.bytesOut - start.bytesOut,
        cpuUs: stop.cpu - start.cpu,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        maxMs: percentile(sorted, 1),
        peakMiB: memory('peak'),
        rss: secondHalf(rss, start.at, stop.at),
        reconnects,
      }
      if (requests === 0) fail(new Error('not one request completed in the window'))
    }

    function memory(which) {
      return job.pids.reduce((sum, pid) => sum + memoryMiB(pid)[which], 0)
    }

    function finish(settle, value) {
      clearInterval(watchdog)
      clearInterval(sampler)
      timers.forEach(clearTimeout)
      phase = 'over'
      for (const socket of sockets) socket.destroy()
      settle(value)
    }
    const fail = (error) => phase !== 'over' && finish(reject, error)

    function open() {
      const reader = createReplyReader(job.expected)
      let waiting = false
      let sentAt = 0
      const options = {
        host: '127.0.0.1',
        port: job.port,
        noDelay: true,
        onread: { buffer: readBuffer, callback: onRead },
      }
      // The certificate is of the proxy's own making.
      const socket = job.tls ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options)
      sockets.add(socket)
      socket.on(job.tls ? 'secureConnect' : 'connect', send)
      socket.on('error', (error) => fail(new Error(`connection failed: ${error.code ?? error.message}`)))
      socket.on('close', () => {
        sockets.delete(socket)
        bytesOutOfClosed += socket.bytesWritten
        if (phase === 'over') return
        if (waiting || reader.open)
          return fail(new Error('the proxy closed a connection before the reply was complete'))
        if (phase !== 'drain') return reopen()
        if (sockets.size === 0) finish(resolve, result)
      })

      function send() {
        waiting = true
        sentAt = performance.now()
        socket.write(head)
        if (job.request.bodyBytes) writeBody(socket, job.request.bodyBytes)
      }

      function onRead(count, buffer) {
        try {
          progressAt = performance.now()
          bytesIn += count
          if (!waiting) throw new Error('bytes that nobody asked for')
          if (reader.read(buffer.subarray(0, count))) onReply()
        } catch (error) {
          fail(error)
        }
        return true
      }

      function onReply() {
        waiting = false
        if (phase === 'window') {
          const index = completed - completedAtStart
          if (index < latencies.length) latencies[index] = progressAt - sentAt
        }
        completed++
        if (job.requests !== null && phase === 'window' && completed - completedAtStart >= job.requests) end()
        if (phase === 'drain' || reader.closing || job.anew) socket.destroy()
        else send()
      }
    }

    function reopen() {
      reconnects++
      if (reconnects > 10_000 && !job.anew) return fail(new Error('the proxy keeps closing connections'))
      open()
    }

    for (let i = 0; i < job.connections; i++) open()
  })
}

/** Range and drift of the memory over the window's second half: what is still growing then will go on. */
function secondHalf(samples, from, to) {
  const middle = (from + to) / 2
  const late = samples.filter(({ at }) => at >= middle)
  if (late.length < 4) return null
  const values = late.map(({ mib }) => mib)
  const half = values.length >> 1
  const drift = mean(values.slice(half)) - mean(values.slice(0, half))
  return { min: Math.min(...values), max: Math.max(...values), drift }
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
