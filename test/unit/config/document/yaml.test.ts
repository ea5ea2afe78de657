import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../../src/config/document/yaml.js'

/** Faults, as `line:column path message`. */
const faultsOf = (text: string): string[] =>
  parseYaml(text).faults.map(
    ({ path, message, position }) => `${position?.line}:${position?.column} ${path.join('.')} ${message}`,
  )

describe('YAML', () => {
  it('is read by its core schema: what looks like a word is one', () => {
    const text = 'a: yes\nb: no\nc: 2026-06-01\nd: 0o17\ne: 012\nf: true\ng: ~\nh: 1_000\n404: x\ni: {<<: 1}\n'
    expect(parseYaml(text)).toMatchObject({
      data: {
        a: 'yes',
        b: 'no',
        c: '2026-06-01',
        d: 15,
        e: 12,
        f: true,
        g: null,
        h: '1_000',
        404: 'x',
        i: { '<<': 1 },
      },
      faults: [],
    })
  })

  it('takes no time for names that are objects within objects', () => {
    const began = process.cpuUsage()
    expect(faultsOf(`[${'{c:, '.repeat(28)}{c: d}]`)).not.toEqual([])
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(500)
  })

  it('may be JSON, with tabs', () => {
    expect(parseYaml('{\n\t"a": [1,\n\t\t"b"]\n}')).toMatchObject({ data: { a: [1, 'b'] }, faults: [] })
  })

  it('knows where each thing stands; of what is not there, where it would', () => {
    const { positionOf } = parseYaml('a:\n  - b: 1\n    c:\n      d: 2\n')
    expect(positionOf(['a', 0, 'c', 'd'])).toEqual({ line: 4, column: 7 })
    expect(positionOf(['a', 0, 'b'])).toEqual({ line: 2, column: 5 })
    expect(positionOf(['a', 0, 'c', 'e', 5])).toEqual({ line: 3, column: 5 })
    expect(positionOf([])).toEqual({ line: 1, column: 1 })
  })

  it('may repeat itself by anchors, each time as a copy', () => {
    const { data, faults } = parseYaml('a: &x { b: [1] }\nc: *x\nd: *x\n')
    expect([data, faults]).toEqual([{ a: { b: [1] }, c: { b: [1] }, d: { b: [1] } }, []])
    const { c, d } = data as { c: object; d: object }
    expect(c).not.toBe(d)
  })

  it.each([
    ['a name twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', '4:3 b.c the name stands twice'],
    ['a name twice in JSON', '{"a": 1, "a": 2}', '1:10 a the name stands twice'],
    ['__proto__', 'a:\n  __proto__: { x: 1 }\n', '2:3 a.__proto__ a name that objects of JavaScript have a use for'],
    ['"__proto__"', '{"__proto__": []}', '1:2 __proto__ a name that objects of JavaScript have a use for'],
    ['a tag of one’s own', 'a: !env HOME\n', '1:4  Unresolved tag: !env'],
    ['a tag of YAML’s that is no JSON', 'a: !!binary aGk=\n', "1:13 a no tags of one's own: tag:yaml.org,2002:binary"],
    ['an anchor that is not there', 'a: *b\n', '1:4 a no anchor "&b" stands before it'],
    ['a number that is none', 'a: .nan\n', '1:4 a a number that is none'],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1  Source contains multiple documents'],
    ['a list that does not end', 'a: [1, 2', '1:9  Flow sequence in block collection'],
    ['a name that is no text', '? [a]\n: 1\n', '1:3  With stringKeys, all keys must be strings'],
  ])('does not take %s', (_what, text, fault) => {
    const found = faultsOf(text)
    expect(
      found.some((each) => each.startsWith(fault)),
      found.join('\n'),
    ).toBe(true)
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('does not take a billion laughs: aliases that multiply end at a number of values', () => {
    const lines = Array.from(
      { length: 30 },
      (_, at) => `l${at + 1}: &l${at + 1} [${Array(10).fill(`*l${at}`).join(', ')}]`,
    )
    expect(faultsOf(`l0: &l0 lol\n${lines.join('\n')}\n`)[0]).toContain('more than 100000 values')
  })

  it.each([
    ['aliases in a circle', '&a [*a, *a]\n'],
    ['aliases in a circle of objects', 'a: &a { b: *a, c: *a }\n'],
    ['lists within lists', '['.repeat(200) + ']'.repeat(200)],
    ['thousands of lists within lists', '['.repeat(50_000)],
    ['objects within objects', '{a: '.repeat(200) + '}'.repeat(200)],
  ])('does not take %s', (_what, text) => {
    const before = performance.now()
    expect(faultsOf(text).length).toBeGreaterThan(0)
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('looks at many names and aliases in a time that does not grow with their square', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `n${at}: *a`).join('\n')
    const cpu = process.cpuUsage()
    expect(parseYaml(`x: &a 1\n${many}\n`).faults).toEqual([])
    expect(process.cpuUsage(cpu).user).toBeLessThan(4_000_000)
  })
})
