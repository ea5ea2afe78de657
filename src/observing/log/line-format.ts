import { templateParts } from '../../http/template-parts.js'
import { type Milliseconds, optionError } from '../../options.js'
import type { LogLevel } from './level.js'
import { PLACEHOLDERS, WORDS } from './placeholders.js'
import type { AccessRecord } from './record.js'

/** Writes a record, and fields of the user's where the format has room for them, as one line of text. */
export type LineFormat = (record: AccessRecord, time: Milliseconds, level: LogLevel, own?: object) => string

export interface CompiledFormat {
  readonly write: LineFormat
  /** Fields that it names. */
  readonly headers: readonly string[]
}

/** The Common Log Format of NCSA's and Apache's servers, with sizes as NGINX writes them. */
const COMMON = '{client.address} - {principal} [{time.local}] "{method} {target} {protocol}" {status} {bytes.out}'
/** NGINX's `combined`, which is Apache's. */
const COMBINED = `${COMMON} "{referer}" "{userAgent}"`

const KNOWN = `'json', 'common', 'combined', or a template of ${Object.keys(PLACEHOLDERS)
  .map((name) => `{${name}}`)
  .join(', ')}, {headers.NAME}; {{ and }} for braces`

/**
 * Compiles a template, as `{client.address} "{method} {path}" {status}`. Values are escaped as NGINX does it, whatever they stand in.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming a placeholder that is not known.
 */
export function compileFormat(factory: string, format: string): CompiledFormat {
  const text = format === 'common' ? COMMON : format === 'combined' ? COMBINED : format
  const parts = text.includes('{') && !/[^\P{Cc}\t]/u.test(text) ? templateParts(text) : null
  if (parts === null) throw optionError(factory, 'format', format, KNOWN)
  const headers: string[] = []
  const compiled = parts.map((part): string | LineFormat => {
    if (typeof part === 'string') return part
    const { name } = part
    if (/^headers\.[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      const field = name.slice('headers.'.length).toLowerCase()
      headers.push(field)
      return (record) => shown(record.headers?.[field])
    }
    const read = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined
    if (read === undefined) throw optionError(factory, 'format', `{${name}}`, KNOWN)
    const write: LineFormat = (...[record, time, level]) => shown(read(record, time, level))
    return WORDS.has(name) ? (...of) => write(...of).replaceAll(' ', '\\x20') : write
  })
  const write: LineFormat = (record, time, level) => {
    let line = ''
    for (const part of compiled) line += typeof part === 'string' ? part : part(record, time, level)
    return line
  }
  return { write, headers }
}

function shown(value: string | number | undefined): string {
  if (value === undefined) return '-'
  return typeof value === 'number' ? String(value) : escapeBytes(value)
}

/** As NGINX's `escape=default` (ngx_http_log_escape): quotes, backslashes, controls and whatever is no ASCII, as `\xHH` a byte. */
function escapeBytes(value: string): string {
  if (/^[ !#-[\]-~]*$/.test(value)) return value
  // Field values come from Node as latin1, one character a byte.
  const bytes = Buffer.from(value, /[^\0-\xff]/.test(value) ? 'utf8' : 'latin1')
  return bytes.toString('latin1').replace(/[^ !#-[\]-~]/g, hex)
}

function hex(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
