import type { Exchange } from '../../../exchange.js'
import { isJson, type MediaType } from '../../../http/media-type.js'
import { nullObject } from '../../../null-object.js'
import type { BodyJudge, Plan } from '../body-guard.js'
import { typeOf, unreadable, unsupported } from '../content.js'
import { invalid, wrongValue } from '../faults.js'
import { readJson, textOf } from '../json-text.js'
import { decodePart, readPairs } from '../pairs.js'
import type { Refusal } from '../refusal.js'
import { judgeTexts, type Texts } from '../texts.js'
import { type Compilers, refTo } from './compilers.js'
import { compileContent } from './content-map.js'
import { type Located, step } from './document.js'
import { propertiesOf, type Shape, shapeOf } from './shape.js'
import { readParameter } from './styles.js'

const NONE_TAKEN: Refusal = { status: 400, detail: 'This operation takes no body.' }
const REQUIRED: Refusal = { status: 400, detail: 'A body is required.' }

/** Compiles an operation's Request Body Object; `null` for none. Bodies that are neither JSON nor a form pass unread. */
export function compileBody(located: Located | null, compilers: Compilers): (exchange: Exchange) => Plan {
  const content =
    located && compileContent(located, compilers.document, (media, type) => bodyJudge(media, type, compilers))
  if (located === null || content === null) return ({ body }) => (body.kind === 'empty' ? null : NONE_TAKEN)
  const required = located.node['required'] === true
  const otherType = unsupported(content.ranges)
  return (exchange) => {
    if (exchange.body.kind === 'empty') return required ? REQUIRED : null
    const type = typeOf(exchange.headers)
    if (type === undefined || type === null) return otherType
    const judge = content.for(type)
    if (judge === undefined) return otherType
    const own = judge(type)
    return own === null ? null : (unreadable(exchange, type) ?? own)
  }
}

type TypedJudge = (type: MediaType) => BodyJudge | null

/** What judges a body, by the type that it came with, since a range names none; `null` for one that is not read. */
function bodyJudge(media: Located, range: MediaType, compilers: Compilers): TypedJudge {
  if (media.node['schema'] === undefined) return () => null
  const pointer = step(media.pointer, 'schema')
  const ranged = range.essence.endsWith('/*')
  const json = ranged || isJson(range) ? jsonJudge(pointer, compilers) : null
  const form = ranged || isForm(range) ? formJudge(pointer, media, compilers) : null
  return (type) => (isJson(type) ? json : isForm(type) ? form : null)
}

function isForm({ essence }: MediaType): boolean {
  return essence === 'application/x-www-form-urlencoded'
}

function jsonJudge(pointer: string, { request, limits, telling }: Compilers): BodyJudge {
  const validate = request.value(pointer, refTo(pointer))
  return (body) => {
    const read = readJson(body, limits)
    if ('status' in read) return read
    return validate(read.value) ? null : invalid(validate, 'body', telling)
  }
}

const FORM = { style: 'form', explode: true, properties: [], decode: decodePart }

/** A form is read property by property: lists as names that stand again, and what is an object as JSON. */
function formJudge(pointer: string, media: Located, compilers: Compilers): BodyJudge {
  const { document, request, limits, telling, maxParameters } = compilers
  const validate = request.text(pointer, refTo(pointer))
  const { properties } = propertiesOf(media.node['schema'], document)
  const shapes = new Map<string, Shape>([...properties].map(([name, schema]) => [name, shapeOf(schema, document)]))
  return (body) => {
    const text = textOf(body)
    const raw = text === null ? 'must be UTF-8' : readPairs(text, '&', maxParameters)
    if (typeof raw === 'string') return wrongValue('body', '', raw, telling.status)
    const texts: Texts = nullObject()
    for (const name in raw) {
      const shape = shapes.get(name) ?? (raw[name]!.length > 1 ? 'list' : 'text')
      const read = readParameter(raw, { ...FORM, name, shape: shape === 'object' ? 'text' : shape })
      if (read === null) continue
      if ('wrong' in read) return wrongValue('body', name, read.wrong, telling.status)
      texts[name] = read.value
      if (shape !== 'object') continue
      const parsed = readJson(Buffer.from(read.value as string), limits)
      if ('status' in parsed) return wrongValue('body', name, 'must be JSON', telling.status)
      texts[name] = parsed.value
    }
    return judgeTexts(validate, texts, 'body', telling)
  }
}
