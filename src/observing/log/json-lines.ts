import { plain, plainValue } from '../plain.js'
import type { CompiledFormat, LineFormat } from './line-format.js'
import { flat, numbered, remembered, timed } from './pieces.js'
import { isoTime } from './stamps.js'
import type { Timers } from './timers.js'

/**
 * Writes records as JSON. By hand, as their fields are known: a third of what `JSON.stringify` costs. Texts may be as clients sent them: what
 * stands for itself between quotes, as most do, is looked at once.
 *
 * @param max The longest text that is written whole.
 */
export function jsonLines(max: number): CompiledFormat {
  const escaped = (value: string): string =>
    value.length <= max && /^[ !#-[\]-~]*$/.test(value) ? value : JSON.stringify(plain(value, max)).slice(1, -1)
  // Names come with all that stands around them, so that there are fewer pieces.
  const text = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `${name}${escaped(value)}"`
  const usual = (name: string): ((value: string | undefined) => string) =>
    remembered((value) => `${name}${escaped(value)}"`)
  const [route, method, protocol] = [usual(',"route":"'), usual(',"method":"'), usual(',"protocol":"')]
  const [pool, endpoint, host] = [usual(',"pool":"'), usual(',"endpoint":"'), usual(',"host":"')]
  const [userAgent, termination] = [usual(',"userAgent":"'), usual(',"termination":"')]
  const status = numbered(',"status":')
  const begin = writingBegin()
  const times = writingTimes()
  const value = (name: string, given: unknown): string =>
    given === undefined ? '' : name + JSON.stringify(plainValue(given, max, notSecret))

  const write: LineFormat = (record, time, level, own) => {
    const { bytes } = record
    let line = begin(time, level)
    line += route(record.route) + method(record.method) + text(',"path":"', record.path)
    line += text(',"query":"', record.query) + host(record.host) + protocol(record.protocol)
    line += status(record.status)
    line += `,"client":{"address":"${escaped(record.client.address)}"}`
    line += userAgent(record.userAgent) + text(',"referer":"', record.referer)
    line += text(',"principal":"', record.principal) + text(',"consumer":"', record.consumer)
    line += text(',"requestId":"', record.requestId) + text(',"traceId":"', record.traceId)
    line += pool(record.pool) + endpoint(record.endpoint)
    line += number(',"attempts":', record.attempts) + value(',"tries":', record.tries)
    line += text(',"cache":"', record.cache) + value(',"collapsed":', record.collapsed)
    line += value(',"limits":', record.limits) + value(',"denied":', record.denied)
    line += times(record.times)
    line += termination(record.termination)
    line += bytes.in === 0 ? `,"bytes":{"in":0,"out":${bytes.out}}` : `,"bytes":{"in":${bytes.in},"out":${bytes.out}}`
    line += text(',"error":"', record.error) + value(',"tunnel":', record.tunnel)
    line += value(',"headers":', record.headers) + number(',"sample":', record.sample)
    const more = own === undefined ? '{}' : JSON.stringify(own)
    return more === '{}' ? `${line}}` : `${line},${more.slice(1)}`
  }
  return { write, headers: [] }
}

/** Secrets have been taken out of a record. */
const notSecret = (): null => null

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `${name}${value}`
}

/** Many lines of a batch begin alike. */
function writingBegin(): (time: number, level: string) => string {
  let [lastTime, lastLevel, last] = [Number.NaN, '', '']
  return (time, level) => {
    if (time === lastTime && level === lastLevel) return last
    ;[lastTime, lastLevel] = [time, level]
    last = flat(`{"time":"${isoTime(time)}","level":"${level}"`)
    return last
  }
}

function writingTimes(): (times: Timers) => string {
  const request = timed('"request":', ',')
  const queue = timed('"queue":', ',')
  const connect = timed('"connect":', ',')
  const response = timed('"response":', ',')
  const data = timed('"data":', ',')
  const total = timed('"total":', '}')
  return (times) => {
    const reached = request(times.request) + queue(times.queue) + connect(times.connect) + response(times.response)
    return `,"times":{${reached}${data(times.data)}${total(times.total)}`
  }
}
