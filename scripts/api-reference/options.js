import { defaultText, docOf } from './doc-comment.js'
import { flatOptions } from './flat-options.js'
import { Links } from './links.js'
import { table, wrap } from './markdown.js'
import { textOf } from './type-tokens.js'

/** `only a, b`: the few that a page is about. `own`, `without NAME`: those that others have no table for. */
const BLOCK = /(<!-- options: (\w+)(?: (own)| only ([\w, ]+)| without (\w+))? -->\n)[\s\S]*?(<!-- end options -->)/g
/** Names for numbers. */
const PLAIN = ['Bytes', 'Milliseconds']

export function hasTables(text) {
  return text.includes('<!-- options: ')
}

/** A guide with the tables of options between its marks as the sources have them. */
export function withTables({ project, reference }, page, text) {
  const links = new Links(reference, { page: null, folder: 'api/', up: '' })
  const find = (name) =>
    reference.named(name)?.symbol ?? project.find(name) ?? fail(`docs/${page}: there are no options ${name}`)
  const allOf = (name) => flatOptions(project.checker, find(name))
  return text.replace(BLOCK, (_all, begin, name, own, only, others, end) => {
    const symbol = find(name)
    const all = allOf(name)
    const known = others === undefined ? [] : allOf(others).map((each) => each.name)
    const left = all.filter((each) => !known.includes(each.name) && (!own || symbol.declarations.includes(each.owner)))
    const shown = only
      ?.split(', ')
      .map((each) => all.find((option) => option.name === each) ?? fail(`docs/${page}: ${name} has no ${each}`))
    return `${begin}\n${blockText(reference, links, symbol, shown ?? left)}\n\n${end}`
  })
}

function fail(message) {
  throw new Error(message)
}

function blockText(reference, links, symbol, options) {
  return `${tableOf(reference, links, options)}\n\n${typesOf(reference, links, symbol, options)}`
}

function tableOf(reference, links, options) {
  const rows = options.map(({ name, tokens, optional, doc }) => [
    `\`${name}\``,
    `\`${textOf(tokens)}\``,
    optional ? (doc.default === undefined ? '' : inOneLine(links.prose(defaultText(doc.default)))) : 'required',
    inOneLine(links.prose(doc.text === '' ? firstSentence(reference, tokens) : doc.text)),
  ])
  return table(['Option', 'Type', 'Default', 'What it is for'], rows)
}

/** The types in a table, as cells with links would be too wide; first the one that it is of. */
function typesOf(reference, links, symbol, options) {
  const entries = new Set([reference.entryOf(symbol), ...options.flatMap(({ tokens }) => links.namesOf(tokens))])
  const shown = [...entries].filter(({ name }) => !PLAIN.includes(name))
  return wrap(`Types: ${shown.map((entry) => links.to(entry)).join(', ')}.`)
}

/** What its type is about, of an option that says no more itself. */
function firstSentence(reference, [{ text, symbol }]) {
  const [declaration] = PLAIN.includes(text) ? [] : (reference.entryOf(symbol)?.declarations ?? [])
  return declaration === undefined ? '' : /^[\s\S]*?(?:\.(?=\s)|$)/.exec(docOf(declaration).text)[0]
}

function inOneLine(text) {
  return text.replace(/\n\s*\n/g, '<br>').replace(/\s+/g, ' ')
}
