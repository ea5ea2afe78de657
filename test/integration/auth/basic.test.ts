import { basicAuth, createGateway, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { ask, talk } from '../../adapters/contract/kit.js'
import { served } from '../config/served.js'

const users = { ada: 'open: sesame', Łukáš: 'zażółć' }
const handler = async () => reply(200)
const gateway = () => createGateway({ filters: [basicAuth({ users })], routes: [{ path: '/**', handler }] })

const encoded = (pair: string | Buffer): string => Buffer.from(pair as string).toString('base64')

describe('Basic credentials on the wire', () => {
  it.each<[what: string, line: string, status: number]>([
    ['good ones', `Basic ${encoded('ada:open: sesame')}`, 200],
    ['good ones in UTF-8', `bAsIc ${encoded('Łukáš:zażółć')}`, 200],
    ['good ones behind blanks', `  Basic ${encoded('ada:open: sesame')}\t `, 200],
    ['the scheme alone', 'Basic', 401],
    ['two blanks', 'Basic  x', 401],
    ['no colon', `Basic ${encoded('ada')}`, 401],
    ['junk that decoders pass over', 'Basic YTpi!!', 401],
    ['good ones and junk', `Basic ${encoded('ada:open: sesame')}!!`, 401],
    ['good ones, joined with others', `Basic ${encoded('ada:open: sesame')}, Basic x`, 401],
    ['good ones, but for bits that stand for nothing', 'Basic YWRhOm9wZW46IHNlc2FtZR==', 401],
    ['NUL in the pair', `Basic ${encoded('ada\0:open: sesame')}`, 401],
    ['Latin 1 in the pair', `Basic ${encoded(Buffer.from('ada:\xe9', 'latin1'))}`, 401],
    ['bytes past ASCII', 'Basic \xe9\xff', 401],
    ['NUL in the field', 'Basic \0YTpi', 400],
    ['a MB of it', `Basic ${encoded(`ada:${'x'.repeat(2 ** 20)}`)}`, 431],
    [
      'good ones twice',
      `Basic ${encoded('ada:open: sesame')}\r\nAuthorization: Basic ${encoded('ada:open: sesame')}`,
      400,
    ],
  ])('H-133 %s', async (_what, line, status) => {
    await using edge = await served(gateway())
    const { reply } = await talk(
      edge.port,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${line}\r\n\r\n`,
    )
    expect(reply.status).toBe(status)
    if (status === 401) expect(reply.header('www-authenticate')).toMatch(/^Basic realm=/)
    const next = await ask(edge.port, '/', { fields: `Authorization: Basic ${encoded('ada:open: sesame')}\r\n` })
    expect(next.status).toBe(200)
  })
})
