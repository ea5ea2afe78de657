import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
/** Of no one source: this file, the tests of the kit in `test/support`, and what holds for all authenticators, or all limits, alike. */
const OTHERS =
  /^(?:mirror\.test\.ts$|support\/|filters\/auth\/secrets\.|filters\/auth\/signatures\/one-compare\.|limiting\/simulation\.)/

describe('the unit tests', () => {
  const tests = readdirSync(new URL('test/unit/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !OTHERS.test(path))
    .toSorted()

  it.each(tests)('%s stands where its source does', (test) => {
    const source = `src/${test.replace('.test.ts', '.ts')}`
    expect(existsSync(new URL(source, root)), source).toBe(true)
  })
})
