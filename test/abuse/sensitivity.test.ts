import { describe, expect, it } from 'vitest'
import { attacks } from './attacks/index.js'
import { run } from './run.js'
import type { Subject } from './subjects.js'

/** Who passes on bytes does nothing wrong in these. What fails them, in practice, are proxies that understand more: see docs/attacks.md. */
const BY_PASSING_ON = new Set(
  `H-001 a chunked DELETE, H-001 a chunked OPTIONS, H-006, H-030, H-031, H-032, H-014 …, H-027, H-066 a 304, H-024, H-117, H-100, H-103, H-102,
  H-021, H-074, H-040, H-025, H-069, H-097 status, H-067, H-115`.split(/,\s+/),
)

describe('the table of attacks', () => {
  it('finds fault with a careless proxy, in each row that is not about understanding too much', async () => {
    const careless: Subject = {
      name: 'careless',
      version: () => '',
      kind: 'node',
      module: new URL('./proxies/careless.ts', import.meta.url),
    }
    const rows = attacks.filter(({ title }) => ![...BY_PASSING_ON].some((each) => title.startsWith(each)))
    const verdicts = await run(careless, rows)
    expect(rows.length).toBeGreaterThan(55)
    expect([...verdicts].filter(([, { kind }]) => kind !== 'failed').map(([{ title }]) => title)).toEqual([])
  }, 120_000)
})
