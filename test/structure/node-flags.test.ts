import { describe, expect, it } from 'vitest'
import { child } from '../support/child.js'

describe('H-194 every test runs under strict flags', () => {
  it('H-194 this process has them', () => {
    const flags = ['--unhandled-rejections=strict', '--trace-warnings', '--throw-deprecation', '--expose-gc']
    expect(process.execArgv).toEqual(expect.arrayContaining(flags))
    expect(process.throwDeprecation).toBe(true)
    expect(globalThis.gc).toBeTypeOf('function')
  })

  it.each([
    ['an unhandled rejection', "Promise.reject(new Error('forgotten'))"],
    ['a deprecation', "process.emitWarning('old', 'DeprecationWarning', 'DEP0000')"],
  ])('H-194 %s ends a child process', async (_what, code) => {
    await using app = await child({ code: `process.on('message', () => { ${code} }); process.send(0)` })
    app.send('go')
    expect((await app.exit).code).toBe(1)
  })
})
