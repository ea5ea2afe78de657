import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { loadPackage } from '../../../load-package.js'
import type { Refusal } from '../refusal.js'
import { bad } from './asking.js'

/** Documents that are asked for again and again are not parsed again; a tree is some fifty times as large as its text. */
const REMEMBERED = 200
const REMEMBERED_CHARACTERS = 256 * 1024

/** Parses documents, of which it remembers some. */
export class Documents {
  readonly #graphql: typeof import('graphql')
  readonly #maxTokens: number
  readonly #known = new LRUCache<string, DocumentNode>({
    max: REMEMBERED,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_, text) => text.length + 1,
  })

  constructor(factory: string, maxTokens: number) {
    this.#graphql = loadPackage<typeof import('graphql')>('graphql', factory)
    this.#maxTokens = maxTokens
  }

  get valueOf(): typeof import('graphql')['valueFromASTUntyped'] {
    return this.#graphql.valueFromASTUntyped
  }

  parse(text: string): DocumentNode | Refusal {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const maxTokens = this.#maxTokens
    let parsed: DocumentNode
    try {
      // The older name, too: graphql 16 knows no other.
      parsed = this.#graphql.parse(text, { noLocation: true, maxTokens, maxLexicalTokens: maxTokens })
    } catch (error) {
      // Its own message would show what was sent.
      const tooMany = (error as Error).message.includes('Parsing aborted')
      return bad(tooMany ? `The document has more than ${maxTokens} tokens.` : 'The document is not GraphQL.')
    }
    this.#known.set(text, parsed)
    return parsed
  }
}

/** The operation of a document that is asked for (GraphQL §6.1). */
export function operationIn(document: DocumentNode, name: string | null): OperationDefinitionNode | Refusal {
  const operations = document.definitions.filter((each) => each.kind === 'OperationDefinition')
  const names = operations.map((each) => each.name?.value)
  if (new Set(names).size !== names.length) return bad('The document has two operations of one name.')
  const [found, another] = name === null ? operations : operations.filter((each) => each.name?.value === name)
  if (found === undefined) return bad('The document does not have the operation.')
  return another === undefined ? found : bad('The document has several operations: name one.')
}
