// A Vitest reporter: writes what failed, with its message, and how the tests that stand for a hazard ended, to $CI_REPORT-NODE.json, where
// NODE is the version that ran the tests.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

export default class {
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const failed = [
      ...tests
        .filter((test) => test.result().state === 'failed')
        .map((test) => entry(test.module, test, test.result().errors)),
      ...modules.filter((module) => module.errors().length > 0).map((module) => entry(module, null, module.errors())),
      ...modules
        .flatMap((module) => [...module.children.allSuites()])
        .filter((suite) => suite.errors().length > 0)
        .map((suite) => entry(suite.module, suite, suite.errors())),
      ...unhandled.map((error) => ({
        file: error.VITEST_TEST_PATH === undefined ? '' : relative('.', error.VITEST_TEST_PATH),
        test: '(outside any test)',
        why: messageOf(error),
      })),
    ]
    const path = `${process.env.CI_REPORT}-${process.version}.json`
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      JSON.stringify({
        files: modules.map(({ moduleId }) => relative('.', moduleId)),
        passed: tests.filter((test) => test.result().state === 'passed').length,
        skipped: tests.filter((test) => test.result().state === 'skipped').map((test) => test.fullName),
        failed,
        hazards: tests
          .filter((test) => test.fullName.includes('H-'))
          .map((test) => ({
            file: relative('.', test.module.moduleId),
            test: test.fullName,
            state: test.result().state,
          })),
      }),
    )
  }
}

function entry(module, where, errors) {
  return {
    file: relative('.', module.moduleId),
    test: where === null ? '(the file)' : where.fullName,
    why: errors.map(messageOf).join('; '),
  }
}

function messageOf({ name, message }) {
  return `${name}: ${message}`.slice(0, 500)
}
