import type { Sink, SinkScript } from '../support/index.js'
import type { Cell } from './cell.js'

/** What came out of a row: `undefined` if the proxy held, else in few words what went wrong. */
export type Finding = string | undefined

/** One attack, fault or bad input, played against one proxy. */
export interface Attack {
  /** Its row's title, with the hazards' numbers. */
  readonly title: string
  /** What holding means, or which rule says so: shown in the notes. */
  readonly rule: string
  /** What a reader should know before judging those that fail. */
  readonly note?: string
  /** Has the proxy to itself: it may kill it, or counts what it holds. */
  readonly alone?: true
  /** The option without which the row is not offered. */
  readonly needs?: string
  run(cell: Cell): Promise<Finding>
}

export type Script = SinkScript
export type Far = Sink

/** A reply of 200, whole. */
export function ok(body = 'ok', fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export const answer: Script = ['waitBody', ok()]

/** What should never be taken for a request: it stands in bodies. It has no mark of the proxy. */
export const SMUGGLED = 'GET /api/smuggled HTTP/1.1\r\nHost: internal\r\n\r\n'

export const GET = 'GET /api/x HTTP/1.1\r\nHost: a.example\r\n\r\n'

export function get(path: string, ...fields: readonly string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
}

/** A POST of a body with its length. */
export function post(body: string, ...fields: readonly string[]): string {
  const lines = ['POST /api/x HTTP/1.1', 'Host: a.example', `Content-Length: ${body.length}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

export function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`
}
