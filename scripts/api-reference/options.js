import { defaultText, docOf } from './doc-comment.js'
import { flatOptions } from './flat-options.js'
import { Links } from './links.js'
import { table, wrap } from './markdown.js'
import { textOf } from './type-tokens.js'

/** `own`: without what is inherited, where that has a table of its own. `only a, b`: the few that a page is about. */
const BLOCK = /(<!-- options: (\w+)(?: (own)| only ([\w, ]+))? -->\n)[\s\S]*?(<!-- end options -->)/g
/** Names for numbers. */
const PLAIN = ['Bytes', 'Milliseconds']

/** A guide with the tables of options between its marks as the sources have them. */
export function withTables({ project, reference }, page, text) {
  const links = new Links(reference, { page: null, folder: 'api/', up: '' })
  return text.replace(BLOCK, (_all, begin, name, own, only, end) => {
    const symbol = reference.named(name)?.symbol ?? project.find(name)
    if (symbol === undefined) throw new Error(`docs/${page}: there are no options ${name}`)
    const options = flatOptions(project.checker, symbol, own !== undefined)
    const shown =
      only === undefined ? options : only.split(', ').map((each) => theOne(options, each, `docs/${page}: ${name}`))
    return `${begin}\n${tableOf(reference, links, shown)}\n\n${typesOf(reference, links, symbol, shown)}\n\n${end}`
  })
}

function theOne(options, name, where) {
  const found = options.find((option) => option.name === name)
  if (found === undefined) throw new Error(`${where} has no option ${name}`)
  return found
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
