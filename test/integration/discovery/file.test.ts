import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { drained } from '../../support/drained.js'
import { eventually } from '../../support/index.js'
import { follow } from './follow.js'

/** A folder of the test's own. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'edgewise-file-'))
  return { path, file: join(path, 'users.json'), [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

const A = 'http://10.0.0.1:80'
const B = 'http://10.0.0.2:80'
/** So long that only the system's word can be why a change was seen. */
const UNPOLLED = { intervalMs: 600_000, settleMs: 10 }

describe('a file as a source of endpoints', () => {
  it('is read at once, and again when it is written in place', async () => {
    using at = folder()
    writeFileSync(at.file, JSON.stringify([A, { url: B, weight: 3, zone: 'eu-1a' }]))
    using seen = follow(fileDiscovery({ path: at.file, ...UNPOLLED }))
    await seen.has(A, B)
    expect(seen.lists[0]![1]).toEqual({ url: B, weight: 3, zone: 'eu-1a' })
    writeFileSync(at.file, JSON.stringify({ endpoints: [B] }))
    await seen.has(B)
    expect(seen.failures.filter((each) => !/not valid/.test(each))).toEqual([])
  })

  it('is followed through replacements by rename', async () => {
    using at = folder()
    const replace = (urls: readonly string[]) => {
      writeFileSync(`${at.file}.new`, JSON.stringify(urls))
      renameSync(`${at.file}.new`, at.file)
    }
    replace([A])
    using seen = follow(fileDiscovery({ path: at.file, ...UNPOLLED }))
    await seen.has(A)
    for (const urls of [[B], [A, B], [A]]) {
      replace(urls)
      await seen.has(...urls)
    }
    expect(seen.failures).toEqual([])
  })

  it('is followed behind a symbolic link that is swapped, as a ConfigMap is', async () => {
    using at = folder()
    const publish = (name: string, urls: readonly string[]) => {
      mkdirSync(join(at.path, name))
      writeFileSync(join(at.path, name, 'users.json'), JSON.stringify(urls))
      symlinkSync(name, join(at.path, '..data_tmp'))
      renameSync(join(at.path, '..data_tmp'), join(at.path, '..data'))
    }
    publish('..2026_01', [A])
    symlinkSync('..data/users.json', at.file)
    using seen = follow(fileDiscovery({ path: at.file, ...UNPOLLED }))
    await seen.has(A)
    publish('..2026_02', [B])
    rmSync(join(at.path, '..2026_01'), { recursive: true })
    await seen.has(B)
    publish('..2026_03', [A, B])
    await seen.has(A, B)
    expect(seen.failures).toEqual([])
  })

  it('keeps the last list while the file is half written, tells so once, and goes on when it is whole', async () => {
    using at = folder()
    writeFileSync(at.file, JSON.stringify([A]))
    let looks = 0
    const clock = {
      setTimeout: (run: () => void, ms: number) => {
        looks++
        return setTimeout(run, ms)
      },
      clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
    }
    using seen = follow(fileDiscovery({ path: at.file, intervalMs: 10, settleMs: 5, clock }))
    await seen.has(A)
    const text = JSON.stringify([A, B])
    writeFileSync(at.file, text.slice(0, 12))
    await seen.fails(/users\.json is not valid: .*JSON/)
    const before = looks
    await eventually(() => looks > before + 5)
    expect(seen.failures).toHaveLength(1)
    expect(seen.urls()).toEqual([A])
    appendFileSync(at.file, text.slice(12))
    await seen.has(A, B)
    expect(seen.lists).toHaveLength(2)
  })

  it.each([
    ['an unknown option', '[{"url":"http://10.0.0.1","wieght":3}]', /"wieght".*"weight"/],
    ['an address that is none', '["10.0.0.1:80"]', /10\.0\.0\.1:80/],
    ['a name twice', `["${A}","${A}/"]`, /different names/],
    ['no list', '{"servers":[]}', /no array of endpoints/],
    ['null', 'null', /not valid/],
  ])('applies nothing of a list with %s', async (_what, text, message) => {
    using at = folder()
    writeFileSync(at.file, JSON.stringify([A]))
    using seen = follow(fileDiscovery({ path: at.file, ...UNPOLLED }))
    await seen.has(A)
    writeFileSync(`${at.file}.new`, text)
    renameSync(`${at.file}.new`, at.file)
    await seen.fails(message)
    expect(seen.lists).toHaveLength(1)
    writeFileSync(`${at.file}.new`, JSON.stringify([B]))
    renameSync(`${at.file}.new`, at.file)
    await seen.has(B)
  })

  it('may come later, and go: its folder too', async () => {
    using at = folder()
    const path = join(at.path, 'later', 'users.json')
    using seen = follow(fileDiscovery({ path, intervalMs: 20, settleMs: 5 }))
    await seen.fails(/ENOENT/)
    mkdirSync(join(at.path, 'later'))
    writeFileSync(path, JSON.stringify([A]))
    await seen.has(A)
    unlinkSync(path)
    await seen.fails(/ENOENT/, 2)
    expect(seen.urls()).toEqual([A])
    rmSync(join(at.path, 'later'), { recursive: true })
    mkdirSync(join(at.path, 'later'))
    writeFileSync(path, JSON.stringify([B]))
    await seen.has(B)
  })

  it('is refused when it is too long, or no file', async () => {
    using at = folder()
    writeFileSync(at.file, `["${A}"]${' '.repeat(200)}`)
    using long = follow(fileDiscovery({ path: at.file, maxBytes: 100 }))
    await long.fails(/longer than 100 bytes/)
    using exact = follow(fileDiscovery({ path: at.file, maxBytes: 222 }))
    await exact.has(A)
    const pipe = join(at.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of [at.path, pipe, '/dev/zero']) {
      using seen = follow(fileDiscovery({ path }))
      await seen.fails(/not a file/)
    }
  })

  it('may have any format', async () => {
    using at = folder()
    writeFileSync(at.file, `${A}\n${B}\n`)
    const parse = (text: string) => text.split('\n').filter((line) => line !== '')
    using seen = follow(fileDiscovery({ path: at.file, parse }))
    await seen.has(A, B)
  })

  it('is looked at though something happens in its folder all the time', async () => {
    using at = folder()
    writeFileSync(at.file, JSON.stringify([A]))
    using seen = follow(fileDiscovery({ path: at.file, intervalMs: 600_000, settleMs: 100 }))
    await seen.has(A)
    const noise = setInterval(() => writeFileSync(join(at.path, 'noise'), String(Math.random())), 5)
    try {
      writeFileSync(at.file, JSON.stringify([B]))
      await eventually(() => seen.urls()[0] === B)
    } finally {
      clearInterval(noise)
    }
  })

  it('leaves no timer and no watch when stopped', async () => {
    using at = folder()
    writeFileSync(at.file, JSON.stringify([A]))
    const rest = drained()
    const seen = follow(fileDiscovery({ path: at.file }))
    await seen.has(A)
    writeFileSync(at.file, JSON.stringify([B]))
    seen[Symbol.dispose]()
    await rest()
  })
})
