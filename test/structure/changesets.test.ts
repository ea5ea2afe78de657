import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const exec = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

const notes = (await readdir(join(root, '.changeset'))).filter((name) => name.endsWith('.md') && name !== 'README.md')
const byHand = (await read('CHANGELOG.md')).includes('## [Unreleased]')
const note = (release: string, words = 'Something new.'): string => `---\n${release}\n---\n\n${words}\n`

interface Checkout extends AsyncDisposable {
  changeset(command: string): Promise<string>
  changelog(): Promise<string>
}

/** `code` is there where it is not 0. */
interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code?: number
}

/** What changesets look at, in a repository of its own: they ask git, and the one we are in may have no history. */
async function checkout(also: Readonly<Record<string, string>> = {}): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'changesets-'))
  const git = (...args: string[]): Promise<unknown> =>
    exec('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: folder })
  for (const path of ['.changeset', 'package.json']) await cp(join(root, path), join(folder, path), { recursive: true })
  const released = (await read('CHANGELOG.md')).replace('## [Unreleased] ', '## ')
  for (const [path, text] of Object.entries({ 'CHANGELOG.md': released, ...also }))
    await writeFile(join(folder, path), text)
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message=all')
  return {
    async changeset(command) {
      const cli = join(root, 'node_modules', '@changesets', 'cli', 'bin.js')
      const run = exec(process.execPath, [cli, ...command.split(' ')], { cwd: folder })
      const { stdout, stderr, code } = (await run.catch((error: unknown) => error)) as Ran
      if (code !== undefined) throw new Error(stdout + stderr)
      return stdout + stderr
    },
    changelog: () => readFile(join(folder, 'CHANGELOG.md'), 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

describe('changesets', () => {
  it('are valid: of this package, with a bump', async () => {
    await using here = await checkout()
    const said = await here.changeset('status --verbose')
    for (const name of notes) expect(said).toContain(`.changeset/${name}`)
  })

  it('say something', async () => {
    const empty = await Promise.all(
      notes.map(async (name) => /---[\s\S]*?\n---\s*$/.test(await read(`.changeset/${name}`))),
    )
    expect(notes.filter((_name, at) => empty[at])).toEqual([])
  })

  it('and a section that is written by hand are not there at the same time', () => {
    expect(byHand ? notes : []).toEqual([])
  })

  it.each([
    ['another package', note('"edgewize": minor'), 'not in the workspace'],
    ['an unknown bump', note('"edgewise": huge'), 'invalid version type "huge"'],
    ['no bump', 'Something new.\n', 'missing or invalid frontmatter'],
  ])('with %s are refused', async (_what, text, why) => {
    await using here = await checkout({ '.changeset/bad.md': text })
    await expect(here.changeset('status')).rejects.toThrow(why)
  })

  it('become the next section, above those before it, and raise the version', async () => {
    const { version } = JSON.parse(await read('package.json')) as { version: string }
    await using here = await checkout({ '.changeset/new.md': note('"edgewise": minor', '`nothing` is new.') })
    await here.changeset('version')
    const [next, before] = (await here.changelog()).match(/^## \d+\.\d+\.\d+/gm)!
    const [major, minor] = version.split('.').map(Number)
    expect(next).toBe(`## ${major}.${minor! + 1}.0`)
    expect(before).toBe(`## ${version}`)
    expect(await here.changelog()).toMatch(
      /^# Changelog\n\nThe format[\s\S]*\n## .*\n\n### Minor Changes\n\n[\s\S]*`nothing` is new\./,
    )
  })
})
