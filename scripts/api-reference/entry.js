import { ts } from './compiler.js'
import { defaultText, docOf } from './doc-comment.js'
import { code, codeBlock, wrap } from './markdown.js'
import { callTokens, fieldsOf, isVisible, membersOf, objectTypesOf } from './members.js'
import { seenDeclarations, signatureText, signatureTokens } from './signature.js'
import { textOf, token } from './type-tokens.js'

/** Writes what there is to say of one export. */
export class EntryWriter {
  #checker
  #links
  #takers

  constructor(checker, links, takers) {
    this.#checker = checker
    this.#links = links
    this.#takers = takers
  }

  write(entry) {
    const parts = [`### ${entry.title}`, ...this.#parts(entry)]
    return parts.filter((part) => part !== '').join('\n\n')
  }

  *#parts(entry) {
    const nodes = seenDeclarations(entry)
    const docs = nodes.map(docOf)
    const signatures = signatureTokens(this.#checker, entry)
    if (entry.kind === 'namespace') yield this.#namespace(entry)
    else if (needsSignature(entry, signatures)) yield codeBlock(signatures.map(signatureText).join('\n'))
    for (const { text } of docs) yield wrap(this.#links.prose(text))
    yield wrap([alsoText(entry), this.#usedBy(entry), this.#typesOf(entry, signatures)].join(' '))
    yield* this.#tags(docs)
    yield* this.#members(entry, nodes)
    for (const { examples } of docs) for (const example of examples) yield inTypescript(example)
  }

  /** Types that a signature names, since code can't be linked. */
  #typesOf(entry, signatures) {
    const names = this.#links.namesOf(signatures.flat()).filter((each) => each !== entry)
    return names.length === 0 ? '' : `Types: ${names.map((each) => this.#links.to(each)).join(', ')}.`
  }

  #usedBy(entry) {
    const users = this.#takers.get(entry) ?? []
    if (users.length === 0 || users.length > 4) return ''
    return `Taken by ${users.map((each) => this.#links.to(each, each.title)).join(', ')}.`
  }

  *#tags(docs, indent = '') {
    const { params, returns, throws } = merged(docs)
    for (const [name, said] of params) yield wrap(`- ${code(name)}: ${this.#links.prose(said)}`, indent)
    if (returns !== '') yield wrap(`Returns: ${this.#links.prose(returns)}`, indent)
    for (const said of throws) yield wrap(`Throws: ${this.#links.prose(said)}`, indent)
  }

  *#members(entry, nodes) {
    const made = entry.kind === 'class' && !entry.typeOnly ? nodes.flatMap((node) => this.#creation(entry, node)) : []
    const inner = entry.kind === 'type' ? nodes.flatMap(({ type }) => objectTypesOf(type)) : nodes
    yield listed([
      ...made,
      ...inner.flatMap((node) => membersOf(this.#checker, node)).map((each) => this.#member(each)),
    ])
  }

  #creation({ name }, node) {
    const made = node.members.filter((each) => ts.isConstructorDeclaration(each) && isVisible(each))
    return made.map((each) => this.#item([token(`new ${name}`), ...callTokens(this.#checker, each)], docOf(each)))
  }

  #member({ node, tokens, doc }) {
    const fields = fieldsOf(this.#checker, node)
    if (fields.length === 0) return this.#item(tokens, doc)
    const name = tokens.slice(
      0,
      tokens.findIndex(({ text }) => text === ':'),
    )
    return `${this.#item(name, doc)}\n\n${listed(fields.map((field) => this.#item(field.tokens, field.doc, '  ')))}`
  }

  #item(tokens, doc, indent = '') {
    const { text, default: value } = doc
    const said = value === undefined ? text : `${text} Default: ${defaultText(value)}.`
    const inner = `${indent}  `
    const parts = [wrap(`- ${this.#links.tokens(tokens)}`, indent), wrap(this.#links.prose(said.trim()), inner)]
    return [...parts, ...this.#tags([doc], inner)].filter((part) => part.trim() !== '').join('\n\n')
  }

  #namespace({ symbol }) {
    const functions = this.#checker.getExportsOfModule(symbol).map(({ declarations }) => declarations[0])
    return listed(
      functions
        .filter(ts.isFunctionDeclaration)
        .map((node) => this.#item([token(node.name.text), ...callTokens(this.#checker, node)], docOf(node))),
    )
  }
}

/** Items with something to say stand apart from their neighbours. */
function listed(items) {
  const isShort = (item) => item !== undefined && !item.includes('\n\n')
  return items
    .map((item, at) => (at === 0 ? item : `${isShort(item) && isShort(items[at - 1]) ? '\n' : '\n\n'}${item}`))
    .join('')
}

/** Other names and places to have it from. */
function alsoText({ also, subpath }) {
  return also
    .map((other) => `Also exported ${other.subpath === subpath ? `as \`${other.name}\`` : `by \`${other.subpath}\``}.`)
    .join(' ')
}

/** A bare name says nothing. */
function needsSignature({ title }, [tokens]) {
  return textOf(tokens) !== title
}

function merged(docs) {
  return {
    params: new Map(docs.flatMap(({ params }) => [...params])),
    returns: docs.find(({ returns }) => returns !== '')?.returns ?? '',
    throws: [...new Set(docs.flatMap(({ throws }) => throws))],
  }
}

/** The blocks that check-docs compiles are those in `ts`; an example is a part of a program. */
function inTypescript(example) {
  return example.replace(/^```ts$/gm, '```typescript')
}
