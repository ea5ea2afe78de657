// Checks README.md, docs/ and the examples in src's comments: every ```ts block compiles against src, every relative link leads somewhere, and
// every error code has its anchor in docs/errors.md. `node scripts/check-docs.js`.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from './check-docs/compile.js'
import { checkFences, examplesOf } from './check-docs/examples.js'
import { programsOf } from './check-docs/programs.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = ['.', 'docs', join('docs', 'api')]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'))
const texts = new Map(pages.map((path) => [path, readFileSync(join(root, path), 'utf8')]))

const blocks = [...texts].flatMap(([path, text]) => blocksIn(path, text))
const examples = examplesOf(root)

const problems = [
  ...compile(root, [...blocks, ...programsOf(root, examples)]),
  ...checkFences(root),
  ...checkLinks(),
  ...checkErrorCodes(),
]
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`docs: ${counts()}, all links and error codes good`)
process.exitCode = problems.length === 0 ? 0 : 1

function counts() {
  return `${pages.length} pages, ${blocks.length} code blocks, ${examples.length} examples`
}

/** Every ```ts block of a page, with the page and line it stands at. */
function blocksIn(path, text) {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code, index }) => ({
    path,
    code,
    line: text.slice(0, index).split('\n').length + 1,
  }))
}

function checkLinks() {
  return [...texts].flatMap(([page, text]) => {
    const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ 1: link }) => {
      if (/^[a-z]+:/.test(link)) return []
      const [path, anchor] = link.split('#')
      const target = path === '' ? join(root, page) : resolve(root, dirname(page), path)
      if (!existsSync(target)) return [`${page}: link to ${link}, which is not there`]
      const found = texts.get(relative(root, target))
      if (anchor === undefined || found === undefined || anchorsOf(found).has(anchor)) return []
      return [`${page}: link to ${link}, whose anchor is not there`]
    })
  })
}

function checkErrorCodes() {
  const table = readFileSync(join(root, 'src', 'errors.ts'), 'utf8')
  const codes = new Set([...table.matchAll(/^ {2}(ERR_EDGE_[A-Z_]+):/gm)].map(([, code]) => code))
  const text = texts.get(join('docs', 'errors.md'))
  const described = new Set([...text.matchAll(/^#+ (ERR_EDGE_[A-Z_]+)$/gm)].map(([, code]) => code))
  return [
    ...(codes.size === 0 ? ['src/errors.ts: no codes found'] : []),
    ...[...codes].filter((code) => !described.has(code)).map((code) => `docs/errors.md: ${code} has no section`),
    ...[...described]
      .filter((code) => !codes.has(code))
      .map((code) => `docs/errors.md: ${code} is not in src/errors.ts`),
  ]
}

/** Anchors as code hosts make them of headings. */
function anchorsOf(text) {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return new Set(headings)
}
