import { plain, plainValue } from '../plain.js'
import type { CompiledFormat, LineFormat } from './line-format.js'
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
  // Names come with all that stands around them: each piece of a line is an object of V8's until the whole is written.
  const text = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `${name}${escaped(value)}"`
  const usual = (name: string): ((value: string | undefined) => string) =>
    remembered((value) => [name, escaped(value), '"'].join(''))
  const route = usual(',"route":"')
  const method = usual(',"method":"')
  const protocol = usual(',"protocol":"')
  const pool = usual(',"pool":"')
  const endpoint = usual(',"endpoint":"')
  const value = (name: string, given: unknown): string =>
    given === undefined ? '' : name + JSON.stringify(plainValue(given, max, notSecret))

  const write: LineFormat = (record, time, level, own) => {
    const { bytes } = record
    let line = `{"time":"${isoTime(time)}","level":"${level}"`
    line += route(record.route) + method(record.method) + text(',"path":"', record.path)
    line += text(',"query":"', record.query) + text(',"host":"', record.host) + protocol(record.protocol)
    line += number(',"status":', record.status)
    line += `,"client":{"address":"${escaped(record.client.address)}"}`
    line += text(',"userAgent":"', record.userAgent) + text(',"referer":"', record.referer)
    line += text(',"principal":"', record.principal) + text(',"consumer":"', record.consumer)
    line += text(',"requestId":"', record.requestId) + text(',"traceId":"', record.traceId)
    line += pool(record.pool) + endpoint(record.endpoint)
    line += number(',"attempts":', record.attempts) + value(',"tries":', record.tries)
    line += text(',"cache":"', record.cache) + value(',"collapsed":', record.collapsed)
    line += value(',"limits":', record.limits) + value(',"denied":', record.denied)
    line += timesText(record.times)
    line += `,"termination":"${record.termination}","bytes":{"in":${bytes.in},"out":${bytes.out}}`
    line += text(',"error":"', record.error) + value(',"tunnel":', record.tunnel)
    line += value(',"headers":', record.headers) + number(',"sample":', record.sample)
    const more = own === undefined ? '{}' : JSON.stringify(own)
    return more === '{}' ? `${line}}` : `${line},${more.slice(1)}`
  }
  return { write, headers: [] }
}

/** More than most configurations have of a kind. */
const MOST = 1_000

/** What stands in many lines is written once. */
function remembered(write: (value: string) => string): (value: string | undefined) => string {
  const known = new Map<string, string>()
  return (value) => {
    if (value === undefined) return ''
    const there = known.get(value)
    if (there !== undefined) return there
    if (known.size >= MOST) known.clear()
    const written = write(value)
    known.set(value, written)
    return written
  }
}

/** Secrets have been taken out of a record. */
const notSecret = (): null => null

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : `${name}${value}`
}

function timesText({ request, queue, connect, response, data, total }: Timers): string {
  let made = request === undefined ? ',"times":{' : `,"times":{"request":${decimal(request)},`
  if (queue !== undefined) made += `"queue":${decimal(queue)},`
  if (connect !== undefined) made += `"connect":${decimal(connect)},`
  if (response !== undefined) made += `"response":${decimal(response)},`
  if (data !== undefined) made += `"data":${decimal(data)},`
  return `${made}"total":${decimal(total)}}`
}

/** Tenths of a millisecond: most times are short, and what they are written as is there. */
const SHORT: readonly string[] = Array.from({ length: 256 }, (_, tenths) => String(tenths / 10))

/** Tenths of a millisecond, by way of whole numbers, which V8 writes several times as fast as fractions. */
function decimal(ms: number): string {
  const tenths = Math.round(ms * 10)
  const short = SHORT[tenths]
  if (short !== undefined) return short
  const rest = tenths % 10
  return rest === 0 ? `${tenths / 10}` : `${(tenths - rest) / 10}.${rest}`
}
