import { isJson } from '../../../http/media-type.js'
import { nullObject } from '../../../null-object.js'
import { check } from '../../../options.js'
import { Unreadable } from '../body-change.js'
import { isContainer } from '../json/exact-json.js'
import { readJson } from '../json/read-json.js'
import { type Format, oneOfTypes } from './conversion.js'
import { scalar } from './json-to-xml.js'

export interface FormToJsonOptions {
  /** What comes: a form, `application/x-www-form-urlencoded`. */
  readonly from: 'form'
  /** What goes on: JSON. */
  readonly to: 'json'
  /** Fields that are arrays also where only one is there; others are where several of a name are. @default none */
  readonly arrays?: readonly string[] | undefined
  /** Fields in one form. @default 1000 */
  readonly maxFields?: number | undefined
}

export interface JsonToFormOptions {
  /** What comes: JSON. */
  readonly from: 'json'
  /** What goes on: a form, `application/x-www-form-urlencoded`. */
  readonly to: 'form'
}

const FORM = 'application/x-www-form-urlencoded'

/** A form as browsers read one (the URL standard's `application/x-www-form-urlencoded`); `a[b]` is a name like any other. */
export const formToJson: Format<FormToJsonOptions> = {
  ...oneOfTypes(FORM),
  contentType: 'application/json',
  checks: { arrays: check.strings, maxFields: check.whole(1, 1_000_000) },
  work({ arrays, maxFields = 1_000 }, { maxBytes }) {
    const lists = new Set(arrays)
    return {
      kind: 'whole',
      maxBytes,
      run: (text) => {
        const fields = nullObject<string | string[]>()
        let left = maxFields
        for (const [name, value] of new URLSearchParams(text)) {
          if (left-- === 0) throw new Unreadable(`the form has more than ${maxFields} fields`)
          const before = fields[name]
          if (Array.isArray(before)) before.push(value)
          else if (before !== undefined) fields[name] = [before, value]
          else fields[name] = lists.has(name) ? [value] : value
        }
        return JSON.stringify(fields)
      },
    }
  },
}

/** A flat object; an array becomes one field for each of its items. */
export const jsonToForm: Format<JsonToFormOptions> = {
  matches: isJson,
  accepts: ['application/json'],
  contentType: FORM,
  checks: {},
  work(_options, { maxBytes, maxDepth }) {
    return {
      kind: 'whole',
      maxBytes,
      run: (text) => {
        const value = readJson(text, maxDepth)
        if (!isContainer(value) || Array.isArray(value)) throw new Unreadable('the JSON is no object')
        const fields = new URLSearchParams()
        for (const [name, member] of Object.entries(value))
          for (const each of [member].flat()) fields.append(name, scalar(each))
        return fields.toString()
      },
    }
  },
}
