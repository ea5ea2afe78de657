import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** The package as npm would publish it, unpacked. */
export interface Packed extends AsyncDisposable {
  readonly tarball: string
  /** The tarball's content. */
  readonly folder: string
  readonly manifest: Manifest
  /** The copy of the repository that it was built in, with its `dist`. */
  readonly source: string
  /** Runs a script of that copy; rejects with what it printed if it is not content. */
  script(path: string, args?: readonly string[]): Promise<string>
  /** A project that has it installed: with its dependencies, and what else is named. */
  project(also?: readonly string[]): Promise<Project>
}

export interface Project {
  readonly folder: string
  /** Runs code in a Node of its own; returns what it printed. */
  run(code: string, type: 'module' | 'commonjs'): Promise<string>
  /** Gives where it is. */
  write(path: string, text: string): Promise<string>
}

/** What a build needs not, or makes anew. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.cache', '.git', 'coverage', 'dist', 'node_modules'])

/** Packs a copy of the repository, which builds it (`prepack`), and unpacks the tarball. Whoever else builds or packs meanwhile is not disturbed. */
export async function pack(): Promise<Packed> {
  const place = await mkdtemp(join(tmpdir(), 'edgewise-package-'))
  const source = join(place, 'source')
  await cp(root, source, { recursive: true, filter: (path) => !LEFT_OUT.has(relative(root, path)) })
  await symlink(join(root, 'node_modules'), join(source, 'node_modules'))
  await exec('npm', ['pack', '--pack-destination', place], { cwd: source })
  const tarball = join(place, (await readdir(place)).find((name) => name.endsWith('.tgz'))!)
  await exec('tar', ['-xzf', tarball, '-C', place])
  const folder = join(place, 'package')
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  let projects = 0
  return {
    tarball,
    folder,
    source,
    manifest,
    script: (path, args = []) => ran(process.execPath, [path, ...args], source),
    project: (also = []) =>
      install(join(place, `project-${++projects}`), folder, [...Object.keys(manifest.dependencies), ...also]),
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  }
}

async function install(place: string, packed: string, dependencies: readonly string[]): Promise<Project> {
  await mkdir(join(place, 'node_modules'), { recursive: true })
  // A copy, not a link: what it imports must be found from where it is installed.
  await cp(packed, join(place, 'node_modules', 'edgewise'), { recursive: true })
  for (const name of dependencies) {
    const link = join(place, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link)
  }
  const write = async (path: string, text: string): Promise<string> => {
    await writeFile(join(place, path), text)
    return join(place, path)
  }
  await write('package.json', '{ "private": true, "type": "module" }')
  return {
    folder: place,
    write,
    async run(code, type) {
      const { stdout } = await exec(process.execPath, [`--input-type=${type}`, '--eval', code], { cwd: place })
      return stdout.trim()
    },
  }
}

/** Runs a development tool of the repository; rejects with what it printed if it is not content. */
export const tool = (name: string, args: readonly string[], cwd: string = root): Promise<string> =>
  ran(join(root, 'node_modules', '.bin', name), args, cwd)

async function ran(file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await exec(file, args, { cwd, maxBuffer: 16 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${basename(file)} ${args.join(' ')}\n${stdout}${stderr}`)
  }
}
