import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lanes, RUNS, startLanes } from './lanes.js'
import { fault, report } from './report.js'
import { type Results, run } from './run.js'

const seed = Number(process.env['SEED'] ?? 20_261)
const count = Number(process.env['DIFFERENTIAL_COUNT'] ?? 20_000)

describe.skipIf(!RUNS)(`the same bytes to Edgewise, nginx and HAProxy, SEED=${seed}`, () => {
  let lanes: Lanes
  let results: Results
  beforeAll(async () => {
    lanes = await startLanes()
    results = await run(lanes, { seed, count })
    console.log(report(results, seed))
  }, 400_000)
  afterAll(() => lanes[Symbol.asyncDispose]())

  it('H-001 H-002 H-003 H-004 what reaches the upstream is exactly one message a request, or nothing, and no disagreement does harm', () => {
    expect(results.faults.map(fault)).toEqual([])
    expect(results.second).toBeGreaterThanOrEqual(count / 5)
    expect(results.cases).toBeGreaterThanOrEqual(count)
  })

  it('H-095 no request ends the process, or makes it warn', () => lanes.healthy())
})
