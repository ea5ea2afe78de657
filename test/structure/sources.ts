import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const root = new URL('../../src/', import.meta.url).pathname

/** One import, export-from, or dynamic import of a source file. */
export interface Import {
  /** Path below src of the file that imports. */
  readonly from: string
  /** Path below src, or the package's name as written. */
  readonly to: string
  readonly external: boolean
  /** Erased by the compiler. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** Path below src. */
  readonly path: string
  readonly lines: number
  /** Lines that are neither empty nor comment only. */
  readonly codeLines: number
  readonly imports: readonly Import[]
}

const STATIC = /^(?:import|export)\s+(?:(type)\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\('([^']+)'\)/g

/** All files below src, read once. */
export const sources: readonly SourceFile[] = globSync('**/*.ts', { cwd: root })
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const code = withoutComments(text)
    return {
      path,
      lines: text.trimEnd().split('\n').length,
      codeLines: code.split('\n').filter((line) => line.trim() !== '').length,
      imports: importsOf(path, code),
    }
  })

export function importsOf(path: string, code: string): Import[] {
  const found: Import[] = []
  const add = (specifier: string, typeOnly: boolean): void => {
    const external = !specifier.startsWith('.')
    const to = external ? specifier : normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts')
    found.push({ from: path, to, external, typeOnly })
  }
  for (const [, type, names = '', specifier] of code.matchAll(STATIC))
    add(specifier!, type === 'type' || allTypes(names))
  for (const [, specifier] of code.matchAll(DYNAMIC)) add(specifier!, false)
  return found
}

/** Whether `{ type A, type B }` is all there is. */
function allTypes(names: string): boolean {
  const inner = /^\{([^}]*)\}$/s.exec(names.trim())?.[1]
  if (inner === undefined) return false
  const parts = inner
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return parts.length > 0 && parts.every((part) => part.startsWith('type '))
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
