import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type Door, installed, NGINX_HTTP, program } from '../../support/program.js'

function config(dir: string): string {
  return `events {} http { ${NGINX_HTTP} server { listen unix:${dir}/door; return 204; } }`
}

function ask(door: Door): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ ...door, agent: false }, (reply) => resolve(reply.resume().statusCode))
      .once('error', reject)
      .end()
  })
}

describe.skipIf(!installed('nginx'))('program', () => {
  it('listens in a folder of its own, and leaves nothing behind', async () => {
    const nginx = await program('nginx', config)
    expect(nginx.door).toEqual({ socketPath: `${nginx.dir}/door` })
    expect(await ask(nginx.door)).toBe(204)
    expect(nginx.complaint).toBe('')
    await nginx.stop()
    await expect(ask(nginx.door)).rejects.toThrow(/ENOENT/)
    expect(existsSync(nginx.dir)).toBe(false)
    await nginx.stop()
  })

  it('says why it did not start', async () => {
    let folder = ''
    const wrong = (dir: string): string => {
      folder = dir
      return 'nonsense;'
    }
    await expect(program('nginx', wrong)).rejects.toThrow(/nginx did not start: [\s\S]*unknown directive "nonsense"/)
    expect(existsSync(folder)).toBe(false)
  })
})
