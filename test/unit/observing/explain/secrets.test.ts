import { expect, it } from 'vitest'
import { hideSecrets } from '../../../../src/observing/explain/secrets.js'

it('H-195 hides what lets somebody in: fields by name, parameters of queries wherever they stand', () => {
  const told = {
    url: '/x?token=a&page=2&api_key=b',
    why: '308 to https://a.test/y?session=c;password=d#f',
    list: ['/?access_token=e'],
    forward: {
      headers: {
        authorization: 'Bearer f',
        cookie: 'g=h',
        'x-api-key': 'i',
        'x-auth-token': 'j',
        'x-amz-security-token': 'k',
        host: 'a.test',
        referer: 'https://a.test/?secret=l',
        'set-cookie': ['m=n'],
        location: 'https://ada:o@a.test/',
        link: '/go?to=https%3A%2F%2Fa.test%2F%3Fcode%3Dp',
      },
    },
    none: null,
    count: 3,
  }
  const shown = JSON.stringify(hideSecrets(told))
  expect(shown).not.toMatch(/=[abcdeghl]\b|Bearer|"[ijk]"|ada:o|%3Dp/)
  expect(hideSecrets(told)).toMatchObject({
    url: '/x?token=***&page=2&api_key=***',
    why: '308 to https://a.test/y?session=***',
    forward: { headers: { authorization: '***', cookie: '***', 'x-api-key': '***', host: 'a.test' } },
    none: null,
    count: 3,
  })
  expect(told.forward.headers.authorization).toBe('Bearer f')
})
