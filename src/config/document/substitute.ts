import { resolve } from 'node:path'
import { type FileStates, stateOf } from './file-states.js'
import type { Path } from './path.js'
import type { Problems } from './problems.js'
import { type Piece, readTemplate } from './template.js'

/** Where values come from that a document only names. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names that may be asked for, `EDGE_*` for all that begin so; `null` for any. */
  readonly envNames: readonly string[] | null
  /** Folder of relative paths; `null` if no file may be read. */
  readonly base: string | null
}

/** A document in which every name has its value. */
export interface Substituted {
  readonly data: unknown
  /** What came from elsewhere, with what stands in the document: errors show that instead. */
  readonly hidden: ReadonlyMap<string, string>
}

/**
 * Puts values in the place of names, in texts alone and after the document was parsed: no value can add an option, a filter or a
 * line. What a value holds is not looked through again.
 *
 * @param files Gets what the files hold that it names.
 * @param wanted Makes the value of a text that is one name and nothing else: where the schema wants a number or a boolean, it is one.
 */
export async function substitute(
  data: unknown,
  sources: Sources,
  files: Map<string, string | Error>,
  problems: Problems,
  wanted: (path: Path, text: string) => unknown,
): Promise<Substituted> {
  const found = new Map<string, readonly Piece[]>()
  const hidden = new Map<string, string>()
  const places = templatesOf(data, [], problems)
  for (const { text, pieces } of places) found.set(text, pieces)
  for (const { path, pieces } of places)
    for (const piece of pieces) if (piece.kind === 'file') await readInto(files, path, piece, sources, problems)

  const pieceValue = (piece: Piece, path: Path): string => {
    if (piece.kind === 'text') return piece.text
    const value =
      piece.kind === 'file' ? contentOf(files, fileOf(piece.path, sources)) : envOf(piece, path, sources, problems)
    // One that is shorter says little, and would be found in words that have nothing to do with it.
    if (value !== undefined && value.length >= 4)
      for (const shown of [value, JSON.stringify(value).slice(1, -1)]) hidden.set(shown, piece.written)
    return value ?? ''
  }
  const fill = (each: unknown, path: Path): unknown => {
    if (Array.isArray(each)) return each.map((item, at) => fill(item, [...path, at]))
    if (typeof each === 'object' && each !== null)
      return Object.fromEntries(Object.entries(each).map(([key, value]) => [key, fill(value, [...path, key])]))
    const pieces = typeof each === 'string' ? found.get(each) : undefined
    if (pieces === undefined) return each
    const text = pieces.map((piece) => pieceValue(piece, path)).join('')
    return pieces.length === 1 && pieces[0]!.kind !== 'text' ? wanted(path, text) : text
  }
  const filled = places.length === 0 ? data : fill(data, [])
  // Longest first, and cut as errors cut them: a value must not show through another's.
  const cut = [...hidden].flatMap(
    ([value, written]) =>
      (value.length > 80
        ? [
            [value, written],
            [value.slice(0, 80), written],
          ]
        : [[value, written]]) as [string, string][],
  )
  return { data: filled, hidden: new Map(cut.sort(([a], [b]) => b.length - a.length)) }
}

function templatesOf(
  data: unknown,
  path: Path,
  problems: Problems,
): { readonly path: Path; readonly text: string; readonly pieces: readonly Piece[] }[] {
  if (typeof data === 'object' && data !== null) {
    const members = Array.isArray(data) ? [...data.entries()] : Object.entries(data)
    return members.flatMap(([key, value]) => templatesOf(value, [...path, key], problems))
  }
  const pieces = typeof data === 'string' ? readTemplate(data) : null
  if (typeof pieces === 'string') problems.add(path, pieces)
  return typeof pieces === 'object' && pieces !== null ? [{ path, text: data as string, pieces }] : []
}

function envOf(
  { name, otherwise }: Piece & { kind: 'env' },
  path: Path,
  { env, envNames }: Sources,
  problems: Problems,
): string | undefined {
  const allowed =
    envNames === null ||
    envNames.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each))
  if (!allowed) {
    problems.add(path, `the environment variable ${name} may not be asked for here`)
    return undefined
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (otherwise !== null && (value === undefined || value === '')) return otherwise
  if (value === undefined)
    problems.add(path, `the environment variable ${name} is not set; \${${name}:-default} gives it a default`)
  return value
}

function fileOf(path: string, { base }: Sources): string | null {
  return base === null ? null : resolve(base, path)
}

/** As a shell does with `$(cat file)`: editors end a file with a line break, which is no part of a password. */
function contentOf(files: FileStates, file: string | null): string | undefined {
  const state = file === null ? undefined : files.get(file)
  return typeof state === 'string' ? state.replace(/\r?\n$/, '') : undefined
}

async function readInto(
  files: Map<string, string | Error>,
  path: Path,
  piece: Piece & { kind: 'file' },
  sources: Sources,
  problems: Problems,
): Promise<void> {
  const file = fileOf(piece.path, sources)
  if (file === null) return problems.add(path, 'no files may be read here')
  const state = files.get(file) ?? (await stateOf(file))
  files.set(file, state)
  if (typeof state !== 'string') problems.add(path, `${piece.path} can't be read: ${state.message}`)
}
