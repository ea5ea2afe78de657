import { beforeAll, describe, expect, it } from 'vitest'
import { type Results, runAll } from './all.js'
import { attacks } from './attacks/index.js'
import { subjects } from './subjects.js'

const peers = subjects.filter(({ ours }) => !ours)

describe('the attacks on other proxies', () => {
  let results: Results

  beforeAll(async () => {
    results = await runAll(peers, 5)
  }, 180_000)

  it.each(peers)('give a verdict in each row: $name', (peer) => {
    const verdicts = results.get(peer)!
    expect(verdicts.size).toBe(attacks.length)
    expect(
      [...verdicts].filter(([, { kind }]) => kind === 'unclear').map(([{ title }, { why }]) => `${title}: ${why}`),
    ).toEqual([])
  })
})
