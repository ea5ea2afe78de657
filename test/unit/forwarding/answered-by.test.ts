import { createPool } from 'edgewise'
import { expect, it } from 'vitest'
import { noteAnswers, tellAnswer } from '../../../src/forwarding/answered-by.js'
import { asked } from '../asked.js'

it('who asks is told, also behind a copy; who asks again is told the same', async () => {
  await using pool = createPool({ name: 'p', endpoints: ['http://127.0.0.1:1'] })
  const [endpoint] = pool.endpoints
  const exchange = asked('/')
  tellAnswer(exchange, endpoint!)
  const answers = noteAnswers(exchange)
  tellAnswer(exchange.with({ method: 'PUT' }), endpoint!)
  expect(answers).toEqual([endpoint])
  expect(noteAnswers(exchange)).toBe(answers)
})
