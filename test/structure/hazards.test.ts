import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'hazards-'))
afterAll(() => rmSync(folder, { recursive: true }))

const table = JSON.parse(readFileSync(join(root, 'test/hazards.json'), 'utf8')) as {
  byNode: string[]
  groups: Record<string, Record<string, string>>
}
const numbers = Object.values(table.groups).flatMap((hazards) => Object.keys(hazards))
const files = globSync('test/**/*.test.ts', { cwd: root })

interface Row {
  readonly file: string
  readonly test: string
  readonly state: string
}

const good: readonly Row[] = numbers.map((number) => ({ file: files[0]!, test: `${number} holds`, state: 'passed' }))

/** What the script says of a run, without writing. */
function check(...reports: (readonly Row[])[]): string {
  const paths = reports.map((hazards, at) => {
    const path = join(folder, `${at}.json`)
    writeFileSync(path, JSON.stringify({ files: at === 0 ? files : [files[0]], hazards }))
    return path
  })
  return run('--check', ...paths)
}

function run(...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/security-conformance.js', ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return stdout + stderr
}

describe('the table of hazards', () => {
  it('has 200, each once', () => {
    expect(new Set(numbers).size).toBe(200)
    expect(numbers).toEqual([...numbers].sort())
    expect(numbers).toEqual(expect.arrayContaining(table.byNode))
  })

  it('is what the page shows, whose links lead somewhere', () => {
    expect(run('--static')).toBe('')
  })
})

describe('a verdict', () => {
  it('is good for every hazard whose tests all passed', () => {
    expect(check(good)).toContain('200 hazards, 0 open')
  })

  it.each(['failed', 'skipped'])('is open where one of the tests was %s', (state) => {
    const rows = [...good, { file: files[1]!, test: 'also H-031', state }]
    expect(check(rows)).toContain(`H-031 is open: ${files[1]} > also H-031: ${state}`)
  })

  it('is open where there is no test', () => {
    expect(check(good.slice(1))).toContain('H-001 is open: no test has it in its title')
  })

  it('is not enough where other tests ran than those on the page', () => {
    expect(check(good)).toContain('is not what the reports say')
  })

  it('comes from the last run of a file', () => {
    const late = good.map((row) => ({ ...row, state: 'failed' }))
    expect(check(late, good)).toContain('200 hazards, 0 open')
    expect(check(good, late)).toContain('200 hazards, 200 open')
  })

  it('needs a whole run, and numbers that the table knows', () => {
    expect(run('--check', join(folder, 'nothing'))).toContain('not a whole run')
    expect(check([...good, { file: files[0]!, test: 'H-999', state: 'passed' }])).toContain('H-999 stands in a title')
  })
})
