import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const github = new URL('../../.github/', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, github), 'utf8')
const names = readdirSync(new URL('ISSUE_TEMPLATE', github)).filter((name) => name !== 'config.yml')
const workflows = readdirSync(new URL('workflows', github))

/** GitHub's form schema, as far as we use it: what it does not know makes it show no form at all. */
const ELEMENTS: Readonly<Record<string, { readonly must: readonly string[]; readonly may: readonly string[] }>> = {
  markdown: { must: ['value'], may: [] },
  textarea: { must: ['label'], may: ['description', 'placeholder', 'value', 'render'] },
  input: { must: ['label'], may: ['description', 'placeholder', 'value'] },
}

interface Element {
  readonly type: string
  readonly id?: string
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly validations?: { readonly required?: unknown }
}

/** What GitHub would refuse, a line each. */
function problemsOf(form: Readonly<Record<string, unknown>>): string[] {
  const body = Array.isArray(form['body']) ? (form['body'] as Element[]) : []
  const asking = body.filter(({ type }) => type !== 'markdown')
  const twice = (of: (element: Element) => unknown): boolean => new Set(asking.map(of)).size !== asking.length
  return [
    ...['name', 'description'].filter((key) => typeof form[key] !== 'string' || form[key] === ''),
    ...Object.keys(form).filter((key) => !['name', 'description', 'labels', 'body'].includes(key)),
    ...(asking.length === 0 ? ['asks nothing'] : []),
    ...(twice(({ id }) => id) ? ['an id twice'] : []),
    ...(twice(({ attributes }) => attributes?.['label']) ? ['a label twice'] : []),
    ...body.flatMap(elementProblems),
  ]
}

function elementProblems({ type, id, attributes = {}, validations, ...more }: Element): string[] {
  const known = ELEMENTS[type]
  if (known === undefined) return [`${type}: no such element`]
  const { must, may } = known
  return [
    ...must.filter((key) => typeof attributes[key] !== 'string' || attributes[key] === ''),
    ...Object.keys(attributes).filter((key) => !must.includes(key) && !may.includes(key)),
    ...Object.keys(more),
    ...(type !== 'markdown' && !/^[a-z][\w-]*$/.test(id ?? '') ? [`${type}: its id`] : []),
    ...(type === 'markdown' && (id !== undefined || validations !== undefined) ? ['markdown asks nothing'] : []),
    ...(validations !== undefined && typeof validations.required !== 'boolean' ? [`${id}: required`] : []),
  ].map((problem) => `${id ?? type}: ${problem}`)
}

describe('issue forms', () => {
  it.each(names)('%s is one that GitHub shows', (name) => {
    expect(problemsOf(parse(textOf(`ISSUE_TEMPLATE/${name}`)) as Record<string, unknown>)).toEqual([])
  })

  it('of a bug must be told what was asked, what came, a reproduction, explain and versions; weaknesses go elsewhere', () => {
    const text = textOf('ISSUE_TEMPLATE/bug.yml')
    const { body } = parse(text) as { body: Element[] }
    const required = body.filter(({ validations }) => validations?.required === true).map(({ id }) => id)
    expect(required).toEqual(['asked', 'happened', 'reproduction', 'explained', 'versions'])
    expect(text).toContain('SECURITY.md')
    expect(text).toContain('gateway.explain(')
  })

  it('are the only way in', () => {
    expect(parse(textOf('ISSUE_TEMPLATE/config.yml'))).toEqual({ blank_issues_enabled: false })
  })

  it('name pages that are there', () => {
    const texts = ['pull_request_template.md', ...names.map((name) => `ISSUE_TEMPLATE/${name}`)].map(textOf)
    const pages = texts.flatMap((text) => text.match(/\b(?:docs\/)?[\w-]+\.md\b/g) ?? [])
    expect(pages.length).toBeGreaterThan(5)
    for (const page of pages) expect(() => readFileSync(new URL(`../${page}`, github)), page).not.toThrow()
  })

  it.each([
    ['no body', { name: 'a', description: 'b' }, ['asks nothing']],
    [
      'an element that GitHub has not',
      { name: 'a', description: 'b', body: [{ type: 'text', id: 'x' }] },
      ['text: no such element'],
    ],
    [
      'a box without a label, with a key too many',
      { name: 'a', description: 'b', body: [{ type: 'input', id: 'x', attributes: { lable: 'y' } }] },
      ['x: label', 'x: lable'],
    ],
    [
      'an id twice',
      {
        name: 'a',
        description: 'b',
        body: ['y', 'z'].map((label) => ({ type: 'input', id: 'x', attributes: { label } })),
      },
      ['an id twice'],
    ],
  ])('with %s would be found', (_what, form, problems) => expect(problemsOf(form)).toEqual(problems))
})

describe('workflows', () => {
  it.each(workflows)(
    '%s pins its actions by commit, may do nothing unless a job says so, and installs by the lockfile',
    (name) => {
      const text = textOf(`workflows/${name}`)
      const workflow = parse(text) as { permissions: unknown; jobs: Record<string, { permissions?: unknown }> }
      expect(workflow.permissions).toEqual({})
      for (const job of Object.values(workflow.jobs)) expect(job.permissions).toBeDefined()
      for (const action of text.match(/uses: .*/g) ?? [])
        expect(action).toMatch(/^uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
      expect(text).not.toMatch(/secrets\.|pull_request_target|persist-credentials: true/)
      expect(text.match(/uses: actions\/checkout/g)).toHaveLength(text.match(/persist-credentials: false/g)!.length)
      expect(text.match(/^(?! *#).*\bnpm (?:i|install|add|update|exec)\b.*$/gm)).toBeNull()
    },
  )
})
