// The page, from the table of hazards and their verdicts; and what can be told of a page without a run.
import { dirname } from 'node:path'

/** So many files of one folder are listed; more are one link to the folder. */
const FILES_LISTED = 3

const HEAD = `# Security conformance

<!-- Written by scripts/security-conformance.js from a run of all tests. -->

What a proxy meets from hostile clients, from upstreams that fail or lie, and in its own configuration: 200 numbered hazards, each with its verdict and the tests
that stand for it. A hazard is a family of bytes, faults or inputs. The tests that send them have its number in their titles, and use raw sockets wherever bytes matter.
What Edgewise refuses by default, and how to allow it, is in [security.md](security.md).

| Verdict | Means                                                                                                                    |
| ------- | ------------------------------------------------------------------------------------------------------------------------ |
| held    | there are tests, all of them ran, all passed                                                                             |
| by Node | the same; such requests are refused by the parser of Node's server, which Edgewise leaves strict, and tests see to it that it is |
| open    | a test failed or was skipped, or there is none                                                                           |

_Over_ names the adapters (Express 4 and 5, Koa, Hono, Fastify, plain Node) and the transports (\`http1\`, the default, \`undici\`, \`httpProxy\`, \`http2\`) that tests of the hazard name. Where it is
empty, they ask the part itself, or a gateway on plain Node with the default transport. _Tests_ counts them as the runner does: a row of a table is one.

## To repeat it

\`\`\`sh
npm ci
npx vitest run -t H-031  # one hazard; naming its files makes it faster
CI_REPORT=.cache/ci/tests/first npm test -- --reporter=default --reporter=./.ci/reporter.js
node scripts/security-conformance.js --check  # is this page what that run says?
node scripts/security-conformance.js  # write it anew
\`\`\`

The run needs nginx, haproxy, redis-server, openssl, nghttp2-client and chromium, by those names in Debian. The check fails when a hazard is open, and when other tests ran than
those that this page lists. \`bash .ci/run\` does all of it.
`

export function render(table, held) {
  const of = new Map(held.map((each) => [each.number, each]))
  const groups = Object.entries(table.groups)
  const sections = groups.map(([name, hazards]) => section(name, hazards, of))
  return [HEAD, summary(groups, of), ...sections].join('\n')
}

/** A problem a line: rows that the table has not, or titles differently, and links to files that are gone. */
export function problemsOfPage(text, table, exists) {
  const rows = [...text.matchAll(/^\| (H-\d{3}) \| (.*?) \| (.*?) \|/gm)].map(([, number, title, verdict]) => ({
    number,
    title,
    verdict,
  }))
  const should = Object.values(table.groups).flatMap((hazards) => Object.entries(hazards))
  const there = new Map(rows.map((row) => [row.number, row]))
  const titles = should
    .filter(([number, title]) => there.get(number)?.title !== title)
    .map(([number]) => `${number} is not on the page as in test/hazards.json`)
  const open = rows.filter(({ verdict }) => verdict === 'open').map(({ number }) => `${number} is open`)
  const links = [...text.matchAll(/\]\((\.\.\/test[^)]*)\)/g)].map(([, path]) => path)
  const gone = [...new Set(links)].filter((path) => !exists(path)).map((path) => `${path} is gone`)
  const count = rows.length === should.length ? [] : [`the page has ${rows.length} hazards, the table ${should.length}`]
  return [...count, ...titles, ...open, ...gone]
}

function summary(groups, of) {
  const row = (name, each) => {
    const count = (verdict) => each.filter((one) => one.verdict === verdict).length
    const tests = new Set(each.flatMap((one) => one.tests)).size
    return line([name, each.length, count('held'), count('by Node'), count('open'), tests])
  }
  const rows = groups.map(([name, hazards]) =>
    row(
      `[${name}](#${anchor(name)})`,
      Object.keys(hazards).map((number) => of.get(number)),
    ),
  )
  const head = ['Group', 'Hazards', 'Held', 'By Node', 'Open', 'Tests']
  return `## Summary\n\nA test that stands for several hazards counts once in a line.\n\n${[tableHead(head), ...rows, row('all', [...of.values()])].join('\n')}\n`
}

function section(name, hazards, of) {
  const rows = Object.entries(hazards).map(([number, title]) => {
    const { verdict, over, tests } = of.get(number)
    return line([number, title, verdict, over.join(', '), `${tests.length}: ${links(tests)}`])
  })
  return `## ${name}\n\n${tableHead(['Hazard', 'What it is', 'Verdict', 'Over', 'Tests'])}\n${rows.join('\n')}\n`
}

/** Each file, or the folder in place of many. */
function links(tests) {
  const files = [...new Set(tests.map(({ file }) => file))].sort()
  return [...Map.groupBy(files, dirname)]
    .flatMap(([folder, inside]) =>
      inside.length > FILES_LISTED
        ? [`[${folder.slice('test/'.length)}](../${folder}) (${inside.length} files)`]
        : inside.map((file) => `[${file.slice('test/'.length, -'.test.ts'.length)}](../${file})`),
    )
    .join(', ')
}

function tableHead(cells) {
  return `${line(cells)}\n${line(cells.map(() => '---'))}`
}

function line(cells) {
  return `| ${cells.join(' | ')} |`
}

/** As forges make it of a heading. */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
