import { reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { redirecting } from '../../../../src/filters/redirects/redirecting.js'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const filter = redirecting('f', 307, ({ target }) => (target.path === '/x' ? '/y' : null), 'why not')

describe('redirecting', () => {
  it('answers, or passes on without a change', async () => {
    const plain = reply(200)
    expect((await ran(filter, asked('/x'))).reply).toMatchObject({ status: 307, headers: { location: '/y' } })
    expect((await ran(filter, asked('/z'), () => plain)).reply).toBe(plain)
  })

  it('has a name, and explains itself', () => {
    expect(filter.filterName).toBe('f')
    expect(filter.explain!(asked('/x'))).toMatchObject({ verdict: 'answer', why: '307 to /y' })
    expect(filter.explain!(asked('/z'))).toMatchObject({ verdict: 'pass', why: 'why not' })
  })
})
