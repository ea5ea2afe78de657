import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ts } from './compiler.js'

/** The sources behind the public subpaths, with the checker that knows what they mean. */
export function openProject(root) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => fail(problem.messageText) }
  const { options } = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host)
  const subpaths = subpathsOf(root)
  const program = ts.createProgram(
    subpaths.map(({ file }) => join(root, file)),
    options,
  )
  const checker = program.getTypeChecker()
  return {
    checker,
    subpaths: subpaths.map(({ name, file }) => ({
      name,
      /** What is of this subpath alone, below src. */
      folder: file.replace(/^src\//, '').replace(/index\.ts$/, ''),
      exports: exportsOf(program, checker, join(root, file)),
    })),
    /** Path below src of the file that declares a symbol; `undefined` for what others have declared. */
    fileOf(symbol) {
      const path = relative(join(root, 'src'), symbol.declarations?.[0]?.getSourceFile().fileName ?? '..')
      return path.startsWith('..') ? undefined : path.replaceAll('\\', '/')
    },
    /** The first interface or type of that name in the sources. */
    find(name) {
      for (const source of program.getSourceFiles()) {
        if (source.fileName.includes('/node_modules/')) continue
        const found = source.statements.find(
          (node) => (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name,
        )
        if (found !== undefined) return checker.getSymbolAtLocation(found.name)
      }
      return undefined
    },
  }
}

/** What package.json exports, with the file in src that tsup makes it of. */
function subpathsOf(root) {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, target]) => ({
      name: subpath.replace('.', name),
      file: target.default.replace(/^\.\/dist\/(.+)\.js$/, 'src/$1.ts'),
    }))
}

function exportsOf(program, checker, path) {
  const source = program.getSourceFile(path) ?? fail(`${path} is not there`)
  return checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    /** `export type` of a class: it can't be made with `new`. */
    typeOnly: symbol.declarations.some((node) => ts.isTypeOnlyImportOrExportDeclaration(node)),
  }))
}

function fail(message) {
  throw new Error(message)
}
