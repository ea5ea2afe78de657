import type { Parsed } from './parsed.js'
import { copyPlain } from './plain.js'
import { Problems } from './problems.js'
import { type Sources, type Substituted, substitute } from './substitute.js'
import { typed } from './wanted-type.js'
import { parseYaml } from './yaml.js'

/** A document as it is given: a file's text, or an object. */
export type Given = { readonly file: string; readonly text: string } | { readonly file: null; readonly object: unknown }

/** A document that is ready to be built, and where to say what is wrong with it. */
export interface ReadDocument extends Pick<Substituted, 'data'> {
  readonly problems: Problems
}

/**
 * Reads a document and puts values in the place of names.
 *
 * @param files Gets what the files hold that it names.
 * @param schemaOf The schema of a plugin's options.
 * @throws {@link ConfigError}.
 */
export async function readDocument(
  given: Given,
  sources: Sources,
  files: Map<string, string | Error>,
  schemaOf: (plugin: string) => object | undefined,
): Promise<ReadDocument> {
  const parsed: Parsed = given.file === null ? copyPlain(given.object) : parseYaml(given.text)
  const { data } = parsed
  const problems = new Problems({ file: given.file, data, positionOf: parsed.positionOf })
  for (const { path, message, position } of parsed.faults) problems.add(path, message, position)
  problems.throwAny()
  const filled = await substitute(data, sources, files, problems, (path, text) => typed(data, path, text, schemaOf))
  problems.throwAny()
  problems.hide(filled.hidden)
  return { data: filled.data, problems }
}
