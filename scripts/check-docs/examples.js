import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every ```ts block in a comment of the sources, with the path and line it stands at. */
export function examplesOf(root) {
  return found(root, /^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm).map(({ path, line, text }) => ({
    path,
    line: line + 1,
    code: text.replace(/^ *\* ?/gm, ''),
  }))
}

/** Where an `@example` has no such block, so that nothing would compile it. */
export function checkFences(root) {
  return found(root, /^[ /*]*@example\b(?!\n *\* ```ts\n)/gm).map(
    ({ path, line }) => `${path}:${line}: an @example without a ts block`,
  )
}

function found(root, pattern) {
  const paths = globSync('src/**/*.ts', { cwd: root }).sort()
  return paths.flatMap((path) => {
    const source = readFileSync(join(root, path), 'utf8')
    return [...source.matchAll(pattern)].map(({ 1: text, index }) => ({
      path,
      line: source.slice(0, index).split('\n').length,
      text,
    }))
  })
}
