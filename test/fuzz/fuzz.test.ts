import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fuzz, SLOW_MS, tried } from './engine.js'
import { Mutator } from './mutate.js'
import { type FuzzTarget, promise } from './target.js'
import { targets } from './targets/index.js'

const SEED = 20_260_601

describe('fuzz targets', () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    '%s holds for a while, from a fixed seed',
    (_, target) => {
      const { failure, executions, outcomes } = fuzz(target, { seed: SEED, executions: 400 })
      expect(failure).toBeNull()
      expect(executions).toBe(400)
      // One that says the same of everything tests nothing.
      expect(outcomes).toBeGreaterThan(1)
    },
  )

  it('have names of their own, and are all run', () => {
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length)
    const folder = new URL('targets/', import.meta.url)
    const declared = readdirSync(folder).flatMap(
      (file) => readFileSync(new URL(file, folder), 'utf8').match(/^export const \w+: FuzzTarget/gm) ?? [],
    )
    expect(targets.length).toBe(declared.length)
  })
})

describe('the fuzzer', () => {
  const target = (check: FuzzTarget['check']): FuzzTarget => ({ name: 'x', corpus: ['hello world'], check })

  it('does the same for the same seed', () => {
    const run = (seed: number): string[] => {
      const inputs: string[] = []
      fuzz(
        target((input) => void inputs.push(input)),
        { seed, executions: 50 },
      )
      return inputs
    }
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
  })

  it('finds a broken promise, and the smallest input that breaks it', () => {
    const { failure } = fuzz(
      target((input) => void promise(!/%/.test(input), 'no percent', input)),
      { seed: 1, executions: 5_000 },
    )
    expect(failure).toEqual({ target: 'x', input: '%', message: 'Error: no percent · "%"' })
  })

  it('finds what pollutes prototypes', () => {
    const found = tried(
      target(() => {
        Object.assign(Object.prototype, { polluted: 1 })
        return undefined
      }),
      'x',
      new Mutator(1),
    )
    delete (Object.prototype as { polluted?: number }).polluted
    expect(found).toEqual({ message: 'Object.prototype has polluted' })
  })

  it('finds what takes too long', () => {
    // By the processor's time, not the clock's.
    const slow = target(() => {
      for (const began = process.cpuUsage(); process.cpuUsage(began).user < SLOW_MS * 2_000; );
      return undefined
    })
    expect(tried(slow, 'x', new Mutator(1))).toEqual({
      message: expect.stringMatching(/^took \d+ ms for 1 characters$/),
    })
  })
})
