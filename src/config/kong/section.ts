import { optionError } from '../../options.js'
import type { KongNote, Notes } from './notes.js'

/** Of every entity of Kong's, and without meaning here. */
const OF_NO_MEANING = [
  'id',
  'tags',
  'created_at',
  'updated_at',
  'name',
  'instance_name',
  '_comment',
  '_ignore',
  'ws_id',
]

/** A part of a Kong document: read key by key, so that what nobody read can be told. */
export class Section {
  readonly at: string
  readonly notes: Notes
  readonly #values: Readonly<Record<string, unknown>>
  readonly #parent: Section | null
  #unsafe = false
  readonly #read = new Set(OF_NO_MEANING)

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no object. */
  constructor(value: unknown, at: string, notes: Notes, parent: Section | null = null) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal(at, value, 'an object')
    this.at = at
    this.notes = notes
    this.#parent = parent
    this.#values = value as Readonly<Record<string, unknown>>
  }

  /** A value as it is; null and absent are one. */
  any(key: string): unknown {
    this.#read.add(key)
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'string') as string | undefined
  }

  number(key: string): number | undefined {
    return this.#typed(key, 'number') as number | undefined
  }

  flag(key: string): boolean | undefined {
    return this.#typed(key, 'boolean') as boolean | undefined
  }

  /** A list of texts; absent or empty is `undefined`. */
  texts(key: string): readonly string[] | undefined {
    const list = this.#list(key)
    const odd = list.find((each) => typeof each !== 'string' && typeof each !== 'number')
    if (odd !== undefined) throw refusal(`${this.at}.${key}`, odd, 'texts')
    return list.length === 0 ? undefined : list.map(String)
  }

  section(key: string): Section | undefined {
    const value = this.any(key)
    return value === undefined ? undefined : new Section(value, this.#place(key), this.notes, this)
  }

  sections(key: string): readonly Section[] {
    return this.#list(key).map((each, index) => new Section(each, `${this.#place(key)}[${index}]`, this.notes, this))
  }

  /** Members of a map, by name. */
  entries(key: string): readonly (readonly [string, unknown])[] {
    const value = this.any(key)
    return value === undefined ? [] : Object.entries(value as object)
  }

  /** What has no meaning here, whatever it says. */
  skip(...keys: readonly string[]): this {
    for (const key of keys) this.#read.add(key)
    return this
  }

  note(kind: KongNote['kind'], what: string): void {
    this.notes.add(this.at, kind, what)
    if (kind !== 'unsafe') return
    for (let section: Section | null = this; section !== null; section = section.#parent) section.#unsafe = true
  }

  /** What `read` makes of it, all of it: `null` where something of it is unsafe to leave out, be it a key that nobody read. */
  strictly<T>(read: () => T, kind: KongNote['kind']): T | null {
    this.#unsafe = false
    const made = read()
    this.finish(kind)
    return this.#unsafe ? null : made
  }

  /** Tells of every key that says something and that nobody read. */
  finish(kind: KongNote['kind']): void {
    for (const [key, value] of Object.entries(this.#values))
      if (!this.#read.has(key) && says(value)) this.note(kind, `${key} is not carried over`)
  }

  #typed(key: string, type: string): unknown {
    const value = this.any(key)
    if (value !== undefined && typeof value !== type) throw refusal(this.#place(key), value, `a ${type}`)
    return value
  }

  #list(key: string): readonly unknown[] {
    const value = this.any(key) ?? []
    if (!Array.isArray(value)) throw refusal(this.#place(key), value, 'a list')
    return value
  }

  #place(key: string): string {
    return this.at === '' ? key : `${this.at}.${key}`
  }
}

/** Kong's own dumps write out everything, down to what is off and empty. */
function says(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function refusal(at: string, value: unknown, allowed: string): Error {
  return optionError('fromKong', at, value, allowed)
}
