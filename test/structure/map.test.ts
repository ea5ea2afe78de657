import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const PAGES = ['docs/architecture.md', 'docs/decisions.md', 'CONTRIBUTING.md']
const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8')

/** Files and folders that a text names, in prose, in links and in commands. */
function pathsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\w./-])(?:\.\.\/)?((?:src|test|scripts|bench|examples|\.ci)\/[\w./-]*[\w/])/g)
  return [...new Set([...found].map(([, path]) => path!))].filter((path) => !/\b[A-Z]{3,}\b/.test(path))
}

const foldersOf = (path: string): string[] =>
  readdirSync(new URL(path, root)).filter((name) => statSync(new URL(`${path}/${name}`, root)).isDirectory())

describe('the map of the code', () => {
  it.each(PAGES)('%s names no path that is not there', (page) => {
    const paths = pathsIn(textOf(page))
    expect(paths.length).toBeGreaterThan(5)
    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })

  it.each(['src', 'test'])('has every room of %s', (place) => {
    const text = textOf('docs/architecture.md')
    expect(foldersOf(place).filter((name) => !text.includes(`\`${place}/${name}\``))).toEqual([])
  })

  it.each([
    ['run `npx vitest run test/unit` and [so](../scripts/a.js)', ['test/unit', 'scripts/a.js']],
    ['`src/http/target.ts`, `src/http`. And test/FOLDER.', ['src/http/target.ts', 'src/http']],
    ['my/src/x.ts', []],
  ])('in %j finds %j', (text, paths) => expect(pathsIn(text)).toEqual(paths))
})
