// Plays the table against everybody and writes docs/attacks.md and docs/attacks-evidence.md; see scripts/abuse.js.

import { writeFileSync } from 'node:fs'
import { runAll } from './all.js'
import { evidencePage } from './evidence-page.js'
import { tablePage } from './page.js'
import { subjects } from './subjects.js'

const began = performance.now()
const unordered = await runAll(subjects, Number(process.argv[2] ?? 3))
const results = new Map(subjects.map((subject) => [subject, unordered.get(subject)!]))
const docs = (name: string): URL => new URL(`../../docs/${name}`, import.meta.url)
writeFileSync(docs('attacks.md'), tablePage(results, process.versions.node))
writeFileSync(docs('attacks-evidence.md'), evidencePage(results))

let unclear = 0
for (const [{ name }, verdicts] of results) {
  const count = (kind: string): number => [...verdicts.values()].filter((verdict) => verdict.kind === kind).length
  console.log(`${name}: ${count('held')} held, ${count('failed')} failed, ${count('not offered')} not offered`)
  for (const [{ title }, { kind, why }] of verdicts) {
    if (kind !== 'unclear') continue
    unclear += 1
    console.log(`  unclear: ${title}: ${why}`)
  }
}
console.log(`${Math.round((performance.now() - began) / 1_000)} s`)
process.exitCode = unclear === 0 ? 0 : 1
