import { ts } from './compiler.js'

const TAGS = ['default', 'throws', 'param', 'returns', 'example', 'internal', 'see', 'deprecated']
/** A tag begins a line, or stands behind a blank: `@default` often does. */
const TAG = new RegExp(`(?:^|\\s)@(${TAGS.join('|')})\\b[ \\t]*`, 'g')
/** A default that is a value of JavaScript's: a word, a number, a text, an array, an object, a call or a name. */
const VALUE =
  /^(true|false|null|Infinity|-?\d[\d_.]*(?:,\d{3})*|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[\w.]+\([^)]*\)|[A-Za-z]+\.\w+|[a-z]+[A-Z]\w*)(\s*(?:[(:,;][\s\S]*)?)$/

/**
 * What the comment above a declaration says. It is read here, since TypeScript takes `{@link X}` behind `@throws` for a type, and an `@` in an
 * example for a tag.
 */
export function docOf(declaration) {
  const owner = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  const comment = owner.jsDoc?.at(-1)
  const doc = {
    text: '',
    default: undefined,
    throws: [],
    params: new Map(),
    returns: '',
    examples: [],
    internal: false,
  }
  if (comment === undefined) return doc
  const { text, tags } = split(bareText(comment.getText()))
  doc.text = text
  for (const [tag, said] of tags) {
    if (tag === 'param') doc.params.set(...wordAndRest(said))
    else if (tag === 'throws' || tag === 'example') doc[tag === 'throws' ? 'throws' : 'examples'].push(said)
    else if (tag === 'internal') doc.internal = true
    else if (tag === 'default' || tag === 'returns') doc[tag] = said
  }
  return doc
}

/** A comment without its stars. */
function bareText(comment) {
  return comment
    .replace(/^\/\*\*[ \t]?/, '')
    .replace(/\s*\*\/$/, '')
    .replace(/^[ \t]*\*(?: |$)/gm, '')
    .trim()
}

function split(comment) {
  // Examples come last, and may hold anything.
  const [before, ...examples] = comment.split(/(?:^|\n)@example\s+/)
  const found = [...before.matchAll(TAG)].filter(({ index }) => !isCode(before.slice(0, index)))
  const endOf = (at) => found[at + 1]?.index ?? before.length
  const tags = found.map((match, at) => [match[1], before.slice(match.index + match[0].length, endOf(at)).trim()])
  return {
    text: before.slice(0, found[0]?.index ?? before.length).trim(),
    tags: [...tags, ...examples.map((each) => ['example', each.trim()])],
  }
}

/** Whether what follows this text stands between backticks. */
function isCode(text) {
  return (text.match(/`/g) ?? []).length % 2 === 1
}

function wordAndRest(text) {
  const [, word, rest] = /^(\S+)\s*([\s\S]*)$/.exec(text)
  return [word, rest]
}

/** The value of a `@default` in code, and what is said of it as it is: `1024 (Envoy's)`, `0: no limit`, `none`. */
export function defaultText(said) {
  const [, value, rest] = VALUE.exec(said) ?? []
  const plain = /^-?\d/.test(value) ? value.replace(/[_,]/g, '') : value
  const text = value === undefined ? said : `\`${plain}\`${rest}`
  return text.replace(/\s+/g, ' ').replace(/\.$/, '')
}
