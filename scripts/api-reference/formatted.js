import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Texts by their paths, as the repository's formatter has them: pages are part of what CI holds to it. */
export function formatted(texts) {
  const place = mkdtempSync(join(tmpdir(), 'api-reference-'))
  try {
    for (const [path, text] of texts) {
      mkdirSync(dirname(join(place, path)), { recursive: true })
      writeFileSync(join(place, path), text)
    }
    const biome = join(repository, 'node_modules', '.bin', 'biome')
    const { status, stderr } = spawnSync(biome, ['format', '--write', '--config-path', repository, place], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`biome format: ${stderr}`)
    return new Map([...texts.keys()].map((path) => [path, readFileSync(join(place, path), 'utf8')]))
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
