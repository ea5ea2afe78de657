// Checks README.md and docs/: every ```ts block compiles against src, every relative link leads somewhere, and every error code
// has its anchor in docs/errors.md. `node scripts/check-docs.js`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = ['.', 'docs', join('docs', 'api')]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'))
const texts = new Map(pages.map((path) => [path, readFileSync(join(root, path), 'utf8')]))

const problems = [...checkCode(), ...checkLinks(), ...checkErrorCodes()]
for (const problem of problems) console.error(problem)
if (problems.length === 0)
  console.log(`docs: ${pages.length} pages, ${blocks().length} code blocks, all links and error codes good`)
process.exitCode = problems.length === 0 ? 0 : 1

/** Every ```ts block, with the page and line it stands at. */
function blocks() {
  return [...texts].flatMap(([page, text]) =>
    [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code, index }) => ({
      page,
      code,
      line: text.slice(0, index).split('\n').length + 1,
    })),
  )
}

function checkCode() {
  const folder = join(root, '.cache', 'docs')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const files = new Map()
  for (const block of blocks()) {
    const name = `${block.page.replace(/[/.]/g, '-')}-${block.line}.ts`
    files.set(name, block)
    writeFileSync(join(folder, name), `${block.code}export {}\n`)
  }
  const up = '../../'
  const config = {
    extends: `${up}tsconfig.json`,
    compilerOptions: {
      paths: {
        edgewise: [`${up}src/index.ts`],
        'edgewise/compat': [`${up}src/compat/index.ts`],
        'edgewise/config': [`${up}src/config/index.ts`],
        'edgewise/redis': [`${up}src/redis/index.ts`],
        'edgewise/tcp': [`${up}src/tcp/index.ts`],
        'edgewise/testing': [`${up}src/testing/index.ts`],
        'edgewise/*': [`${up}src/adapters/*.ts`],
      },
      noUnusedLocals: false,
    },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config, null, 2))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return []
  // tsc names the extracted file; a reader wants the page and its line.
  return `${stdout}${stderr}`
    .trim()
    .replace(/^(?:.*\/)?([\w-]+\.ts)\((\d+),(\d+)\)/gm, (whole, name, line, column) => {
      const block = files.get(name)
      return block === undefined ? whole : `${block.page}:${block.line + Number(line) - 1}:${column}`
    })
    .split('\n')
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
