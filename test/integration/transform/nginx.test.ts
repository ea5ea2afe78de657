import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { http1, type TextRule, transformText } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Door, installed, NGINX_HTTP, program, upstream } from '../../support/index.js'
import { gatewayOver } from '../front.js'

/** Where a proxy's reply begins, and all of it. */
function get(door: Door, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ ...door, host: '127.0.0.1', path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.once('end', () => resolve(text))
      response.once('error', reject)
    })
    request.once('error', reject)
  })
}

const ROWS: readonly {
  readonly find: string
  readonly by: string
  readonly once?: boolean
  readonly pieces: readonly string[]
}[] = [
  { find: 'user', by: 'edge', pieces: ['a user and a us', 'er, users'] },
  { find: 'user', by: 'edge', once: true, pieces: ['a us', 'er and a user'] },
  { find: 'aab', by: 'x', pieces: ['aaa', 'ab aa', 'ab'] },
  { find: 'abab', by: 'x', pieces: ['aba', 'babab', 'ab'] },
  { find: '</head>', by: '<script src=x></script></head>', pieces: ['<head><', '/he', 'ad><body></head', '>'] },
  { find: 'müde', by: 'wäch', pieces: ['m\u00fcde m\u00fc', 'de'] },
  { find: 'none', by: 'x', pieces: ['non', 'no', 'n'] },
  { find: 'end', by: '', pieces: ['the e', 'nd'] },
]

describe.skipIf(!installed('nginx'))('next to nginx’s sub_filter', () => {
  it('H-156 replaces the same, across chunks that come one by one', async () => {
    await using far = await upstream(async ({ url = '' }, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      for (const piece of ROWS[Number(url.slice(1))]!.pieces) {
        response.write(piece)
        await delay(5)
      }
      response.end()
    })
    const locations = ROWS.map(
      ({ find, by, once = false }, at) => `location /${at} {
        proxy_pass http://127.0.0.1:${far.port};
        sub_filter '${find}' '${by}';
        sub_filter_once ${once ? 'on' : 'off'};
      }`,
    )
    await using nginx = await program(
      'nginx',
      (dir) => `worker_processes 1;
events { worker_connections 256; }
http {
  ${NGINX_HTTP}
  server {
    listen unix:${dir}/door;
    ${locations.join('\n    ')}
  }
}`,
    )
    for (const [at, { find, by, once = false }] of ROWS.entries()) {
      const rule: TextRule = { find, with: by, once }
      await using front = await gatewayOver(http1(), [far.url], {
        gateway: { filters: [transformText({ reply: { replace: [rule] } })] },
      })
      const [theirs, ours] = [await get(nginx.door, `/${at}`), await get({ port: front.port }, `/${at}`)]
      expect([find, ours]).toEqual([find, theirs])
    }
  })
})
