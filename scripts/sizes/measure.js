// What the build weighs: the tarball by kind of file, and each import by the folders of src that are in what it reads.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBy, root, specifiers } from './imports.js'

/** The build must be there, with its metafile: `npm run build`. All sizes are KiB. */
export function measure() {
  return { tarball: tarball(), imports: Object.fromEntries(specifiers.map((name) => [name, imported(name)])) }
}

function imported(specifier) {
  const { files, packages } = readBy(specifier)
  return { kib: kib(total(files.map(({ bytes }) => bytes))), packages, folders: foldersIn(files) }
}

/** How much of each folder of src, filters one by one, is in these files; chunks' own imports and exports are under `glue`. */
function foldersIn(files) {
  const { outputs } = JSON.parse(readFileSync(join(root, 'dist', 'metafile-esm.json'), 'utf8'))
  const bytes = new Map()
  const add = (folder, more) => bytes.set(folder, (bytes.get(folder) ?? 0) + more)
  for (const file of files) {
    const inputs = Object.entries(outputs[file.path].inputs)
    for (const [source, { bytesInOutput }] of inputs) add(folderOf(source), bytesInOutput)
    add('glue', file.bytes - total(inputs.map(([, { bytesInOutput }]) => bytesInOutput)))
  }
  const rows = [...bytes].filter(([, size]) => size > 0).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(rows.map(([folder, size]) => [folder, kib(size)]))
}

function folderOf(source) {
  const [, first, second, third] = source.split('/')
  if (second === undefined) return 'src'
  return first === 'filters' && third !== undefined ? `${first}/${second}` : first
}

function tarball() {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ size, unpackedSize, files }] = JSON.parse(printed)
  const of = (kind) => kib(total(files.filter(({ path }) => kindOf(path) === kind).map((file) => file.size)))
  return {
    packed: kib(size),
    unpacked: kib(unpackedSize),
    files: files.length,
    kinds: { code: of('code'), declarations: of('declarations'), pages: of('pages') },
  }
}

const kindOf = (path) => (path.endsWith('.d.ts') ? 'declarations' : path.endsWith('.js') ? 'code' : 'pages')
const total = (sizes) => sizes.reduce((sum, size) => sum + size, 0)
const kib = (bytes) => Math.round(bytes / 102.4) / 10
