import { asError, EdgeError } from '../../errors.js'
import { along, type Path, showPath } from './path.js'

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** The file's path as it was given; `null` for an object. */
  readonly file: string | null
  /** From 1; `null` where there is no text. */
  readonly line: number | null
  readonly column: number | null
  /** `routes[2].filters[0].rateLimit.limit`; empty for the document as a whole. */
  readonly path: string
  readonly message: string
}

/** A configuration is wrong, in the places that `problems` names; nothing has changed. */
export class ConfigError extends EdgeError {
  /** At most 20; the message says how many more there are. */
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[], more: number) {
    const lines = problems.map(
      ({ file, line, column, path, message }) =>
        `${file === null ? '' : `${file}:`}${line === null ? '' : `${line}:${column}`}${file === null ? '' : ' '}${path === '' ? '' : `${path}: `}${message}`,
    )
    super('ERR_EDGE_CONFIG', [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'))
    this.problems = problems
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof EdgeError && value.code === 'ERR_EDGE_CONFIG'
  }
}

/** What is wrong has been told, where it was found. */
export class Told extends Error {}

/** A place in a text, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The document that problems are about. */
export interface Located {
  readonly file: string | null
  readonly data: unknown
  positionOf(path: Path): Position | null
}

const MOST = 20

/** Gathers what is wrong, so that all of it can be mended at once. */
export class Problems {
  readonly #document: Located
  readonly #found: ConfigProblem[] = []
  #more = 0
  /** What must not be shown, and what is shown in its place. */
  #hidden: ReadonlyMap<string, string> = new Map()

  constructor(document: Located) {
    this.#document = document
  }

  get any(): boolean {
    return this.#found.length > 0
  }

  /** What comes of secrets is shown as what stands in the document. */
  hide(values: ReadonlyMap<string, string>): void {
    this.#hidden = values
  }

  add(path: Path, message: string, position: Position | null = this.#document.positionOf(path)): void {
    if (this.#found.length === MOST) {
      this.#more++
      return
    }
    const { file } = this.#document
    const { line = null, column = null } = position ?? {}
    this.#found.push({ file, line, column, path: showPath(path), message: this.#shown(message) })
  }

  /** Runs what may throw; what a factory has against its options is told where they stand. */
  try<T>(path: Path, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof Told)) this.#addThrown(path, asError(error))
      return undefined
    }
  }

  /** @throws {@link ConfigError} if anything was found. */
  throwAny(): void {
    if (this.any) throw new ConfigError(this.#found, this.#more)
  }

  #addThrown(path: Path, { message }: Error): void {
    const [, factory = '', option = ''] = /^(.*?): (?:unknown )?option "(.*?)"/s.exec(message) ?? []
    // `createPool health.active`: what stands behind the factory's name leads on.
    const words = `${factory.replace(/^\S+/, '')} ${option}`.split(/[\s.,[\]"]+/)
    this.add(along(this.#document.data, path, words), message)
  }

  #shown(message: string): string {
    let text = message
    for (const [value, written] of this.#hidden) text = text.replaceAll(value, written)
    return text
  }
}
