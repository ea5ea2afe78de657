import { describe, expect, it } from 'vitest'
import { sources } from './sources.js'

describe('files', () => {
  it('hold one idea each: at most 250 lines, at the median at most 90', () => {
    expect(sources.filter(({ lines }) => lines > 250).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([])
    const sorted = sources.map(({ lines }) => lines).sort((a, b) => a - b)
    expect(sorted[sorted.length >> 1]).toBeLessThanOrEqual(90)
  })

  it('of adapters are at most 60 lines of code: more means that the core lacks something', () => {
    const adapters = sources.filter(({ path }) => path.startsWith('adapters/'))
    expect(adapters.length).toBeGreaterThanOrEqual(5)
    expect(
      adapters.filter(({ codeLines }) => codeLines > 60).map(({ path, codeLines }) => `${path}: ${codeLines}`),
    ).toEqual([])
  })

  it('show the public surface on one screen, as re-exports only', () => {
    const surface = sources.find(({ path }) => path === 'index.ts')!
    expect(surface.lines).toBeLessThanOrEqual(100)
    expect(surface.imports.filter(({ external }) => external)).toEqual([])
  })
})
