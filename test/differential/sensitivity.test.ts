import { describe, expect, it } from 'vitest'
import { child, sourceLoader } from '../support/index.js'
import { examine } from './examine.js'
import { farEnd } from './far-end.js'
import { RUNS, startLanes } from './lanes.js'
import { Probe } from './probe.js'
import { SEEDS } from './seeds/index.js'

describe.skipIf(!RUNS)('the differential test, of a proxy that has faults', () => {
  it('H-001 finds the chunked DELETE and OPTIONS that http-proxy-3 frames anew, and the coding and the second Host that it lets pass', async () => {
    await using lanes = await startLanes()
    await using far = await farEnd()
    await using app = await child(new URL('lenient-app.ts', import.meta.url), {
      imports: [sourceLoader],
      args: [String(far.port)],
    })
    await using probe = new Probe(app.port)
    const lane = { name: 'http1', port: app.port, far, probe } as const
    const wanted = ['H-001 chunked DELETE', 'H-001 chunked OPTIONS', 'H-005 gzip, chunked', 'H-012 two Hosts', 'GET']
    const found = new Map<string, readonly string[]>()
    for (const name of wanted) {
      const number = SEEDS.findIndex(([each]) => each === name)
      found.set(name, (await examine(lanes, lane, 1, number, 100_000 + number)).faults)
    }
    expect(found.get('GET')).toEqual([])
    for (const name of wanted.slice(0, -1)) expect(found.get(name), name).not.toEqual([])
    expect(found.get('H-001 chunked DELETE')!.join()).toContain('another message than all that forward it')
  })
})
