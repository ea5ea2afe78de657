import { compileText, matchesInBoundedTime } from '../../../src/filters/access/text-pattern.js'
import { compilePattern } from '../../../src/routing/pattern.js'
import { attempt, edgeError, type FuzzTarget, isPlainMap, promise } from '../target.js'

const option = edgeError('ERR_EDGE_OPTION')

/** H-150, H-151: a pattern that costs little on any path, or a refusal. */
export const pathPattern: FuzzTarget = {
  name: 'path-pattern',
  corpus: ['/users/:id', '/**', '/a/*/b?', '/a/**/b/**', '/files/*.[a-c][0-9]', '/*-x/**/:y', '/a/**/b*c/**/d'],
  pieces: ['/**', '/*', '*', '?', '[a-z]', '/:id', '/**/a', '+(a|b)', '{a,b}', '[^/]', '[!a]', '.'],
  maxLength: 1_100,
  check(input, mutator) {
    const made = attempt(() => compilePattern(input, mutator.random() < 0.5), option)
    if ('error' in made) return 'refused'
    const pattern = made.value
    // What is like the pattern, and as long as a path may be, costs most.
    const letters = `${input.replace(/[*?[\]:]/g, '')}-a/`
    for (const piece of [mutator.pick([...letters]), letters, '/a', '-', input]) {
      const path = `/${piece.repeat(Math.ceil(2048 / piece.length)).slice(0, 2046)}!`
      if (pattern.matches(path)) promise(isPlainMap(pattern.captures(path)), 'captures with no names but their own')
    }
    promise(pattern.exact === !/[*?[\]]|\/:/.test(input), 'exact if there is nothing wild', input)
    return `${pattern.exact} ${pattern.literal.length} ${pattern.weight % 16}`
  },
}

/** Regular expressions that are let near a client's text take at most quadratic time. */
export const safeExpression: FuzzTarget = {
  name: 'regular-expressions',
  corpus: ['^curl/', 'bot|crawl', '^[a-z]+-[0-9]{1,3}$', '(?:a|b)c', 'x*y', '^a+b+c', '(?i:a)?b{2}', '^\\w+$'],
  pieces: ['a+', '(a|b)', '*', '+', '?', '{1,3}', '(?:', ')', '[a-z]', '\\w', '.', '^', '$', '|', '(?=', '\\1', '[^x]'],
  maxLength: 80,
  check(input, mutator) {
    const compiled = attempt(
      () => new RegExp(input),
      (error) => error instanceof SyntaxError,
    )
    if ('error' in compiled) return 'no expression'
    const made = attempt(() => compileText(compiled.value, 'fuzz', 'x'), option)
    const bounded = matchesInBoundedTime(compiled.value)
    if ('error' in made && !bounded) return 'refused'
    const letters = input.replace(/[^\w -]/g, '') || 'a'
    for (const piece of ['a', letters, mutator.pick([...letters]), ' a']) {
      const text = `${piece.repeat(Math.ceil(1024 / piece.length)).slice(0, 1023)}!`
      if ('value' in made) made.value(text)
      if (bounded) compiled.value.test(text)
    }
    return `${'value' in made} ${bounded}`
  },
}
