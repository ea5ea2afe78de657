import { redisScript } from 'edgewise/redis'
import { expect, it } from 'vitest'

it('a script is named as Redis names it: by the SHA-1 of its text', () => {
  expect(redisScript('return 1')).toEqual({ lua: 'return 1', sha: 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db' })
})
