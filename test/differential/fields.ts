import { FieldKind, field } from '../../src/http/fields.js'
import type { WireRequest } from '../support/index.js'
import type { Step } from './steps.js'

/** Of each hop's own making: compared elsewhere, or not to be the same. */
const OWN: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
])

/** What becomes of the client's fields with Edgewise, and with none of the others that forwarded the same request. */
export function fieldDifferences(
  request: WireRequest | undefined,
  ours: Step | undefined,
  others: readonly (Step | undefined)[],
): string[] {
  if (ours?.kind !== 'forwarded' || !ours.strict) return []
  const theirs = others.flatMap((step) => (step?.kind === 'forwarded' && step.strict ? [step.request.fields] : []))
  if (theirs.length === 0) return []
  const { fields } = ours.request
  const nominated = (request?.header('connection') ?? '').toLowerCase().split(/[\t ]*,[\t ]*/)
  const names = new Set([...fields.keys(), ...theirs.flatMap((each) => [...each.keys()])])
  const found = new Set<string>()
  for (const name of names) {
    if (OWN.has(name)) continue
    const here = fields.get(name)
    const there = theirs.map((each) => each.get(name))
    if (there.some((value) => same(value, here))) continue
    if (here === undefined) found.add(`dropped: ${nominated.includes(name) ? 'nominated' : kindOf(name)}`)
    else found.add(there.every((value) => value === undefined) ? `added: ${kindOf(name)}` : `changed: ${kindOf(name)}`)
  }
  return [...found]
}

/** Lists are the same however their members are spaced. */
function same(one: string | undefined, other: string | undefined): boolean {
  return one?.replace(/[ \t]*,[ \t]*/g, ',') === other?.replace(/[ \t]*,[ \t]*/g, ',')
}

const KIND_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(FieldKind).map(([name, kind]) => [kind, name]),
)

function kindOf(name: string): string {
  const { kind } = field(name)
  if (kind === undefined) return name.length > 24 || /^x-/.test(name) ? 'ordinary' : name
  return kind === FieldKind.singleton ? name : KIND_NAMES[kind]!
}
