import type { Milliseconds } from '../../options.js'
import type { Logger } from '../logger.js'
import { type AccessLogOptions, FACTORY } from './access-log-options.js'
import { jsonLine } from './json-line.js'
import type { LogLevel } from './level.js'
import { compileFormat } from './line-format.js'
import { LineSink } from './line-sink.js'
import { caught } from './logging.js'
import type { AccessRecord } from './record.js'
import { isoTime } from './stamps.js'

/** Where records go. */
export interface Output {
  /** Whether texts of records are escaped here, so that they come as they are. */
  readonly raw: boolean
  /** Fields that it names. */
  readonly headers: readonly string[]
  readonly dropped: number
  /** Whether records may come a little late, many at a time. */
  readonly gathers: boolean
  /** @param time When it settled, in milliseconds since 1970. @param own Fields of the user's. */
  write(record: AccessRecord, level: LogLevel, time: Milliseconds, own: object | undefined): void
  close(): void
}

/** @param report Hears of what fails later. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function outputOf(options: AccessLogOptions, report: (error: unknown) => void): Output {
  const { logger, stream, write, format = 'json', maxBufferedBytes = 1_048_576 } = options
  if (logger !== undefined) return toLogger(logger, report)
  const isJson = format === 'json'
  const { write: compiled, headers } = isJson ? { write: null, headers: [] } : compileFormat(FACTORY, format)
  const sink = stream === undefined ? null : new LineSink(stream, maxBufferedBytes, report)
  const put = sink === null ? (line: string) => caught(write!(line), report) : (line: string) => sink.write(line)
  return {
    raw: !isJson,
    gathers: sink !== null,
    headers,
    get dropped() {
      return sink?.dropped ?? 0
    },
    write(record, level, time, own) {
      put(
        compiled === null
          ? jsonLine(isoTime(time), level, record, own === undefined ? '{}' : JSON.stringify(own))
          : compiled(record, time, level),
      )
    },
    close: () => sink?.close(),
  }
}

function toLogger(logger: Logger, report: (error: unknown) => void): Output {
  return {
    raw: false,
    gathers: false,
    headers: [],
    dropped: 0,
    write(record, level, _time, own) {
      const { method = record.protocol, path = record.client.address, status = '-' } = record
      const fields = own === undefined ? record : { ...record, ...own }
      caught(logger[level](fields, `${method} ${path} ${status}`), report)
    },
    close() {},
  }
}
