import type { Milliseconds } from '../../options.js'
import type { Logger } from '../logger.js'
import { cut, plain } from '../plain.js'
import { type AccessLogOptions, FACTORY } from './access-log-options.js'
import { jsonLines } from './json-lines.js'
import type { LogLevel } from './level.js'
import { compileFormat } from './line-format.js'
import { LineSink } from './line-sink.js'
import { caught } from './logging.js'
import type { AccessRecord } from './record.js'

/** Where records go. */
export interface Output {
  /** What is done to texts that a client sends before they come: where each is escaped as it is written, no more than that needs. */
  clean(text: string): string
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
  const { logger, stream, write, format = 'json', maxBufferedBytes = 1_048_576, maxValueLength = 1_024 } = options
  if (logger !== undefined) return toLogger(logger, maxValueLength, report)
  const isJson = format === 'json'
  const { write: lineOf, headers } = isJson ? jsonLines(maxValueLength) : compileFormat(FACTORY, format)
  const sink = stream === undefined ? null : new LineSink(stream, maxBufferedBytes, report)
  const put = sink === null ? (line: string) => caught(write!(line), report) : (line: string) => sink.write(line)
  return {
    // A template writes each byte as NGINX does it.
    clean: isJson ? (text) => text : (text) => cut(text, maxValueLength),
    gathers: sink !== null,
    headers,
    get dropped() {
      return sink?.dropped ?? 0
    },
    write: (record, level, time, own) => put(lineOf(record, time, level, own)),
    close: () => sink?.close(),
  }
}

function toLogger(logger: Logger, max: number, report: (error: unknown) => void): Output {
  return {
    clean: (text) => plain(text, max),
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
