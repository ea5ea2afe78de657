/** Lines of a Markdown source, as far as words allow. */
const WIDTH = 150
/** What would begin a list, a heading or a quote, if it came to stand at the beginning of a line. */
const MARKUP = /^(?:[-+*|>#=]|\d+[.)])/

/** Code as it stands in a sentence. */
export function code(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

export function codeBlock(text) {
  return `\`\`\`typescript\n${text}\n\`\`\``
}

/** Text in lines; lists and paragraphs stay what they are. */
export function wrap(text, indent = '') {
  return text
    .split(/\n\s*\n/)
    .map((part) => (part.startsWith('|') ? part.replace(/^/gm, indent) : wrapItems(part, indent)))
    .join('\n\n')
}

function wrapItems(text, indent) {
  return text
    .split(/\n(?=\s*- )/)
    .map((item) => fill(item, indent))
    .join('\n')
}

function fill(text, indent) {
  const hanging = /^\s*- /.test(text) ? `${indent}  ` : indent
  const lines = []
  let line = ''
  for (const word of text.trim().split(/\s+/)) {
    const full = line !== '' && line.length + word.length + hanging.length + 1 > WIDTH
    if (full && !MARKUP.test(word)) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each, at) => (at === 0 ? indent : hanging) + each).join('\n')
}

/** A table whose columns are as wide as their widest cell, up to a limit: behind that, lines are ragged. */
export function table(head, rows, limit = 60) {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')))
  const longest = head.map((_, at) => Math.max(3, ...lines.map((cells) => cells[at].length)))
  // A ragged last column needs no padding at all.
  const widths = longest.map((width, at) => (width <= limit ? width : at === head.length - 1 ? head[at].length : limit))
  const line = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(lines[0]), rule, ...lines.slice(1).map(line)].join('\n')
}
