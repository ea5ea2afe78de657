import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

/** Runs the compiler, and gives what it says: nothing, if all is well. */
export function tsc(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bin, '--pretty', 'false', ...args], { cwd: root }, (error, stdout, stderr) => {
      // It exits with a status where there are errors; anything else is no answer.
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve(`${stdout}${stderr}`.trim())
    })
  })
}

/** A folder from which the library's own dependencies are found, and which goes with its scope. */
export function scratch(): { readonly path: string; write(name: string, text: string): void } & Disposable {
  const cache = join(root, '.cache')
  mkdirSync(cache, { recursive: true })
  const path = mkdtempSync(join(cache, 'types-'))
  return {
    path,
    write: (name, text) => writeFileSync(join(path, name), text),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

/** Compiles texts as files of a strict project, and gives the first line of each message, by the file that it is about. */
export async function messages(texts: Readonly<Record<string, string>>): Promise<Record<string, string[]>> {
  using folder = scratch()
  const paths = {
    edgewise: [join(root, 'src/index.ts')],
    'edgewise/*': [join(root, 'src/adapters/*.ts')],
  }
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions: { paths }, include: ['*.ts'] }
  folder.write('tsconfig.json', JSON.stringify(config))
  for (const [name, text] of Object.entries(texts)) folder.write(`${name}.ts`, `${text}\nexport {}\n`)
  const heads = (await tsc('-p', folder.path)).split('\n').filter((line) => /^\S/.test(line))
  const read = heads.map((line) => {
    const [, name, message] = /([^/]+)\.ts\(\d+,\d+\): error TS\d+: (.+)/.exec(line) ?? []
    if (name === undefined || message === undefined) throw new Error(line)
    return { name, message }
  })
  const names = [...new Set(read.map(({ name }) => name))]
  return Object.fromEntries(
    names.map((name) => [name, read.filter((each) => each.name === name).map(({ message }) => message)]),
  )
}
