import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Compiles blocks of code against src, and says what tsc has to say of them.
 *
 * @param blocks Each with its code, and the path and line where a reader finds the code's first line.
 */
export function compile(root, blocks) {
  const folder = join(root, '.cache', 'docs')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const files = new Map(blocks.map((block) => [`${block.path.replace(/[/.]/g, '-')}-${block.line}.ts`, block]))
  for (const [name, { code }] of files) writeFileSync(join(folder, name), `${code}export {}\n`)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return status === 0 ? [] : placed(`${stdout}${stderr}`.trim(), files).split('\n')
}

/** tsc names the extracted file; a reader wants the page or the source, and its line. */
function placed(text, files) {
  return text.replace(/^(?:.*\/)?([\w-]+\.ts)\((\d+),(\d+)\)/gm, (whole, name, line, column) => {
    const block = files.get(name)
    return block === undefined ? whole : `${block.path}:${block.line + Number(line) - 1}:${column}`
  })
}
