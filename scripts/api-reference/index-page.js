import { Links } from './links.js'
import { table, wrap } from './markdown.js'
import { WRITTEN } from './page.js'

/** The page of docs/api that leads to the others. */
export function indexText({ reference, guideOf }) {
  const links = new Links(reference, { page: 'README', folder: '', up: '../' })
  const pages = reference.pages.filter(({ entries }) => entries.length > 0)
  const rows = pages.map((page) => {
    const guide = guideOf(page)
    return [
      `[${page.title}](${page.id}.md)`,
      `\`${page.subpath}\``,
      guide === undefined ? '' : `[${guide}](../${guide})`,
    ]
  })
  const exported = reference.entries.filter(({ subpath }) => subpath !== null)
  const letters = Map.groupBy(exported, ({ name }) => name[0].toUpperCase())
  const names = [...letters].map(([letter, entries]) =>
    wrap(`**${letter}** ${entries.map((entry) => links.to(entry)).join(' · ')}`),
  )
  const parts = [
    WRITTEN,
    '# API reference',
    wrap(`Everything that the package exports, written from its sources: signatures, options with their defaults, what each part throws. The guides
      say when to use what; start with [concepts](../concepts.md).`),
    wrap(`A type stands here as it is in the sources, but for \`readonly\` of properties, which as good as all are, and for \`| undefined\` of
      optional ones, which all have. Types that others name and no subpath exports are at the end of a page.`),
    table(['Page', 'Import from', 'Guide'], rows),
    '## All names',
    ...names,
  ]
  return `${parts.join('\n\n')}\n`
}
