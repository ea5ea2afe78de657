import { describe, expect, it } from 'vitest'
import { templateParts } from '../../../src/http/template-parts.js'

describe('templateParts', () => {
  it.each([
    ['', []],
    ['plain', ['plain']],
    ['/users/{params.id}/', ['/users/', { name: 'params.id' }, '/']],
    ['{a}{b}', [{ name: 'a' }, { name: 'b' }]],
    ['{{{a}}}', ['{', { name: 'a' }, '}']],
    ['a{{b}}c', ['a{b}c']],
    ['{}', [{ name: '' }]],
    ['{a', null],
    ['a}', null],
    ['{a{b}', null],
  ])('splits %j into %j', (text, parts) => expect(templateParts(text)).toEqual(parts))
})
