import type { Exchange } from '../../../exchange.js'
import { fieldValue, type HeaderMap } from '../../../http/header-map.js'
import { nullObject } from '../../../null-object.js'
import { invalid, wrongValue } from '../faults.js'
import { readJson } from '../json-text.js'
import { type RawPairs, readPairs } from '../pairs.js'
import { type Fault, isRefusal, type Refusal } from '../refusal.js'
import { judgeTexts, type Texts } from '../texts.js'
import type { Compilers, DirectionCompiler } from './compilers.js'
import type { Parameter } from './parameter.js'
import { readParameter } from './styles.js'

/** Where the parameters of a request stand. */
export interface Places {
  readonly exchange: Exchange
  /** What the path's template captures. */
  readonly captures: Readonly<Record<string, string>>
}

type Judge = (places: Places) => Refusal | null

/** Compiles the parameters of an operation. `closed`: a query has no parameters but these. */
export function compileParameters(parameters: readonly Parameter[], closed: boolean, compilers: Compilers): Judge {
  const judges = (['params', 'query', 'headers', 'cookies'] as const).flatMap((where): Judge[] => {
    const own = parameters.filter((each) => each.where === where)
    return own.length === 0 && !(where === 'query' && closed) ? [] : [placeJudge(where, own, closed, compilers)]
  })
  return (places) => {
    for (const judge of judges) {
      const refusal = judge(places)
      if (refusal !== null) return refusal
    }
    return null
  }
}

function placeJudge(where: Fault['in'], own: readonly Parameter[], closed: boolean, compilers: Compilers): Judge {
  const { telling, maxParameters } = compilers
  const judge = compileValues(where, own, compilers, compilers.request)
  return ({ exchange, captures }) => {
    if (where === 'params') return judge(single(captures))
    if (where === 'headers') return judge(fieldsOf(exchange.headers, own))
    const cookies = where === 'cookies'
    const text = cookies ? (fieldValue(exchange.headers, 'cookie') ?? '') : exchange.target.query.slice(1)
    const raw = readPairs(text, cookies ? ';' : '&', maxParameters)
    if (typeof raw === 'string') return wrongValue(where, '', raw, telling.status)
    if (closed && !cookies) {
      for (const name in raw) {
        if (!own.some((each) => each.owns(name)))
          return wrongValue(where, '', 'must hold only parameters that the operation has', telling.status)
      }
    }
    return judge(raw)
  }
}

/** Compiles what judges values of one place, as they are read from there. */
export function compileValues(
  where: Fault['in'],
  parameters: readonly Parameter[],
  { limits, telling }: Compilers,
  compiler: DirectionCompiler,
): (raw: RawPairs) => Refusal | null {
  const texts = parameters.filter(({ json }) => !json)
  const jsons = parameters.filter(({ json }) => json)
  const validateTexts = compiler.text(where, objectOf(texts))
  const validateJsons = jsons.length === 0 ? null : compiler.value(where, objectOf(jsons))
  const readAll = (raw: RawPairs, which: readonly Parameter[]): Texts | Refusal => {
    const made: Texts = nullObject()
    for (const parameter of which) {
      const read = readParameter(raw, parameter)
      if (read === null) continue
      if ('wrong' in read) return wrongValue(where, parameter.name, read.wrong, telling.status)
      if (!parameter.json) {
        made[parameter.name] = read.value
        continue
      }
      const parsed = readJson(Buffer.from(read.value as string), limits)
      if ('status' in parsed) return wrongValue(where, parameter.name, 'must be JSON', telling.status)
      made[parameter.name] = parsed.value
    }
    return made
  }
  return (raw) => {
    const read = readAll(raw, texts)
    if (isRefusal(read)) return read
    const refusal = judgeTexts(validateTexts, read, where, telling)
    if (refusal !== null || validateJsons === null) return refusal
    const values = readAll(raw, jsons)
    if (isRefusal(values)) return values
    return validateJsons(values) ? null : invalid(validateJsons, where, telling)
  }
}

function objectOf(parameters: readonly Parameter[]): Readonly<Record<string, unknown>> {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

function single(values: Readonly<Record<string, string>>): RawPairs {
  const raw: RawPairs = nullObject()
  for (const name in values) raw[name] = [values[name]!]
  return raw
}

/** The fields that parameters name. */
export function fieldsOf(headers: HeaderMap, parameters: readonly Parameter[]): RawPairs {
  const raw: RawPairs = nullObject()
  for (const { name } of parameters) {
    const value = fieldValue(headers, name)
    if (value !== undefined) raw[name] = [value]
  }
  return raw
}
