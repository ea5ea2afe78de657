import { EntryWriter } from './entry.js'
import { Links } from './links.js'
import { wrap } from './markdown.js'

export const WRITTEN =
  '<!-- Written by scripts/api-reference.js from the comments in src, which is where to change it. -->'

const GROUPS = [
  ['Functions', ({ kind }) => kind === 'function' || kind === 'namespace'],
  ['Values', ({ kind, typeOnly }) => kind === 'const' || (kind === 'class' && !typeOnly)],
  ['Types', ({ kind, typeOnly, subpath }) => subpath !== null && (isType(kind) || (kind === 'class' && typeOnly))],
  ['Types that are not exported', ({ subpath }) => subpath === null],
]

function isType(kind) {
  return kind === 'interface' || kind === 'type'
}

/** One page of docs/api. */
export function pageText({ checker, reference, takers, guideOf }, page) {
  const links = new Links(reference, { page: page.id, subpath: page.subpath, folder: '', up: '../' })
  const writer = new EntryWriter(checker, links, takers)
  const groups = GROUPS.map(([title, fits]) => ({ title, entries: page.entries.filter(fits) }))
  const guide = guideOf(page)
  const parts = [
    WRITTEN,
    `# ${page.title}`,
    wrap(
      `Import from \`${page.subpath}\`. ${guide === undefined ? '' : `The guide: [${guide}](../${guide}). `}All of it: [API reference](README.md).`,
    ),
    ...groups
      .filter(({ entries }) => entries.length > 0)
      .flatMap(({ title, entries }) => [
        `## ${title}`,
        wrap(entries.map((entry) => links.to(entry, entry.name)).join(' · ')),
        ...entries.map((entry) => writer.write(entry)),
      ]),
  ]
  return `${parts.join('\n\n')}\n`
}
