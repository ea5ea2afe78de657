import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserInstalled, eventually, openTab, type Tab, type Told } from '../../support/index.js'
import { named, statusFront } from './status-front.js'

const LIVE = "document.querySelector('.live').dataset.live === 'on'"
const cell = (endpoint: string, part: string): string =>
  `document.querySelector('tr[data-row="${endpoint}"] [data-c=${part}]').textContent`
const click = (selector: string): string => `document.querySelector('${selector}').click()`

describe.skipIf(!browserInstalled())(
  'the status page in a real browser (Debian’s chromium)',
  { timeout: 60_000 },
  () => {
    let tab: Tab

    beforeAll(async () => {
      tab = await openTab()
    }, 60_000)
    afterAll(() => tab[Symbol.asyncDispose]())

    const size = (width: number, height: number): Promise<Told> =>
      tab.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 })
    const prefer = (name: string, value: string): Promise<Told> =>
      tab.send('Emulation.setEmulatedMedia', { features: [{ name, value }] })
    const openLive = async (url: string): Promise<void> => {
      await tab.open(url)
      await tab.until(LIVE)
    }
    beforeEach(() => size(1280, 900))

    it('shows what changes without being loaded again, and asks nobody but its own address', async () => {
      await using front = await statusFront(named('a', 'b'))
      await openLive(front.url)
      expect(await tab.read(cell('a', 'weight'))).toBe('1')
      front.pool.setWeight('a', 1234)
      front.pool.maintenance('b')
      await tab.until(`${cell('a', 'weight')} === (1234).toLocaleString()`)
      await tab.until(`${cell('b', 'state')} === 'Maintenance'`)
      expect(await tab.read(cell('b', 'why'))).toBe('by operator')
      expect(await tab.read("document.querySelector('#changes').textContent")).toContain('maintenance')
      expect(await tab.read('document.title')).toBe('(1) Status')
      const asked = tab.told('Network.requestWillBeSent').map(({ request }) => request.url as string)
      const here = asked.filter((url) => url.startsWith(front.url))
      expect(here).toContain(`${front.url}?format=events`)
      expect(asked.filter((url) => !/^http:\/\/127\.0\.0\.1:|^data:|^about:/.test(url))).toEqual([])
      // Of a stylesheet or a script that the policy does not allow, or an error of the script, there would be a word.
      expect(tab.told('Runtime.exceptionThrown')).toEqual([])
      expect(tab.told('Log.entryAdded').map(({ entry }) => entry.text)).toEqual([])
      expect(tab.told('Audits.issueAdded').map(({ issue }) => issue.code)).toEqual([])
    })

    it('runs nothing that a name, a zone or a reason holds, not even where it is put in later', async () => {
      const evil = '</script><img src=x onerror="window.hacked=1"><b data-row=\'"\'>'
      await using front = await statusFront([{ name: evil, zone: evil, url: 'http://127.0.0.1:1' }], {
        pool: evil,
        title: evil,
      })
      await openLive(front.url)
      front.pool.add({ name: `${evil}2`, url: 'http://127.0.0.1:1' })
      front.events.emit('store', { store: evil, change: 'down', why: evil })
      await tab.until("document.querySelectorAll('tr[data-row]').length === 2")
      await tab.until("document.querySelector('#changes').textContent.includes('onerror')")
      expect(await tab.read('[typeof window.hacked, document.images.length, document.scripts.length]')).toEqual([
        'undefined',
        0,
        1,
      ])
      expect(await tab.read("document.querySelector('h3').textContent")).toBe(evil)
    })

    it('has no script to run but its own: the browser blocks any other', async () => {
      await using front = await statusFront(named('a'))
      await openLive(front.url)
      const violated = `new Promise((resolve) => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective))
      const script = document.createElement('script')
      script.textContent = 'window.hacked = 1'
      document.body.append(script)
    })`
      expect(await tab.read(violated)).toBe('script-src-elem')
      expect(await tab.read('typeof window.hacked')).toBe('undefined')
    })

    it('is dark where the reader’s system is, and as the reader chose from then on', async () => {
      await using front = await statusFront(named('a'))
      const ground = 'getComputedStyle(document.body).backgroundColor'
      await prefer('prefers-color-scheme', 'light')
      await openLive(front.url)
      const light = await tab.read(ground)
      await prefer('prefers-color-scheme', 'dark')
      const dark = await tab.read(ground)
      expect(dark).not.toBe(light)
      await tab.read(click('#theme'))
      expect(await tab.read(`[${ground}, document.querySelector('#theme').textContent]`)).toEqual([
        light,
        'Theme: light',
      ])
      await openLive(front.url)
      expect(await tab.read(ground)).toBe(light)
      await tab.read(click('#theme'))
      await tab.read(click('#theme'))
      expect(await tab.read(ground)).toBe(dark)
    })

    it.each([360, 768, 1024, 1280])('does not scroll sideways at %i px, however long a name is', async (width) => {
      const long = 'x'.repeat(200)
      await using front = await statusFront(named(long, 'b'), { pool: long, title: long, authorize: () => true })
      front.events.emit('store', { store: long, change: 'down', why: long })
      await size(width, 700)
      await openLive(front.url)
      await tab.until("document.querySelector('#changes').textContent.includes('x')")
      const sizes = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      expect(await tab.read(sizes)).toBe(0)
      await tab.read("document.querySelector('[data-act]').click()")
      expect(await tab.read(sizes)).toBe(0)
    })

    it('can be worked by keyboard: to the pools, open and close, sort, find', async () => {
      await using front = await statusFront(named('mango', 'apple', 'zebra'))
      front.pool.setWeight('zebra', 5)
      await openLive(front.url)
      const active = 'document.activeElement.textContent.trim()'
      await tab.press('Tab')
      expect(await tab.read(active)).toBe('Skip to pools')
      await tab.press('Enter')
      await tab.until("document.activeElement.id === 'pools'")
      await tab.press('Tab')
      expect(await tab.read('document.activeElement.id')).toBe('find')
      expect(await tab.read('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
      await tab.press('z')
      await tab.until("document.querySelectorAll('tr[data-row]:not([hidden])').length === 1")
      await tab.until("document.querySelector('#found').textContent === '1 of 3'")
      await tab.press('Escape')
      await tab.until("document.querySelectorAll('tr[data-row]:not([hidden])').length === 3")
      await tab.press('Tab')
      await tab.press('Tab')
      expect(await tab.read('document.activeElement.tagName')).toBe('SUMMARY')
      await tab.press('Enter')
      expect(await tab.read("document.querySelector('.pool').open")).toBe(false)
      await tab.press(' ')
      expect(await tab.read("document.querySelector('.pool').open")).toBe(true)
      await tab.press('Tab')
      expect(await tab.read(active)).toBe('Endpoint')
      await tab.press('Enter')
      const rows = "[...document.querySelectorAll('tr[data-row]')].map((row) => row.dataset.row[0]).join('')"
      expect(await tab.read(rows)).toBe('amz')
      expect(await tab.read("document.activeElement.closest('th').getAttribute('aria-sort')")).toBe('ascending')
      await tab.press(' ')
      expect(await tab.read(rows)).toBe('zma')
      for (const _ of ['State', 'Weight']) await tab.press('Tab')
      await tab.press('Enter')
      expect(await tab.read(rows)).toMatch(/^z/)
    })

    it('drains an endpoint for an operator, after a second word if it is the last; and says who refuses what', async () => {
      let allowed = true
      await using front = await statusFront(named('a', 'b'), { authorize: () => (allowed ? 'ada' : false) })
      await openLive(front.url)
      const [said, warning] = ['#do-said', '#do-warning'].map((id) => `document.querySelector('${id}').textContent`)
      await tab.read(click('tr[data-row=a] [data-act]'))
      expect(await tab.read("document.querySelector('dialog').open")).toBe(true)
      await tab.read(click('[data-do=drain]'))
      await tab.until(`${said} === 'Done: draining, weight 1.'`)
      expect(front.pool.endpoints[0]!.mode).toBe('drain')
      await tab.press('Escape')
      await tab.until("!document.querySelector('dialog').open")
      await tab.until(`${cell('a', 'state')} === 'Draining'`)
      await tab.read(click('tr[data-row=b] [data-act]'))
      await tab.read(click('[data-do=maintenance]'))
      expect(await tab.read(warning!)).toContain('No other endpoint of users takes traffic')
      expect(front.pool.endpoints[1]!.mode).toBe('ready')
      await tab.read(click('[data-do=maintenance]'))
      await tab.until(`${warning} === 'No endpoint of the pool "users" takes traffic now.'`)
      expect(front.pool.endpoints[1]!.mode).toBe('maintenance')
      await tab.read("document.querySelector('#do-weight').value = '-1'")
      await tab.read(click('[data-do=weight]'))
      expect(await tab.read(warning!)).toContain('from 0 to 65535')
      allowed = false
      await tab.read("document.querySelector('#do-weight').value = '7'")
      await tab.read(click('[data-do=weight]'))
      await tab.until(`${warning} === 'The gateway refused: 403 Not allowed.'`)
      expect(front.pool.endpoints[1]!.weight).toBe(1)
      await tab.until("document.querySelector('#changes').textContent.includes('by ada')")
    })

    it('follows endpoints that come and go, and keeps what the reader had closed and looked for', async () => {
      await using front = await statusFront(named('a', 'b'))
      await openLive(front.url)
      await tab.read("document.querySelector('#find').value = 'c'")
      front.pool.add({ name: 'c', url: 'http://127.0.0.1:1' })
      await tab.until("document.querySelector('tr[data-row=c]') !== null")
      expect(await tab.read("document.querySelector('#find').value")).toBe('c')
      await tab.read("document.querySelector('.pool').open = false")
      void front.pool.remove('a')
      await tab.until("document.querySelector('tr[data-row=a]') === null")
      expect(await tab.read("document.querySelector('.pool').open")).toBe(false)
    })

    it('says that it is not live when nobody answers, and is again when somebody does', async () => {
      await using front = await statusFront(named('a'), { maxViewers: 1 })
      const watcher = new AbortController()
      const taken = await fetch(`${front.url}?format=events`, { signal: watcher.signal })
      await tab.open(front.url)
      await tab.until("document.querySelector('#live').textContent === 'Not live: refused, trying again'")
      watcher.abort()
      await taken.body?.cancel().catch(() => {})
      await eventually(() => front.gateway.traffic.requests === 0)
      // By itself it would try again after ten seconds.
      for (const _ of ['pause', 'go on']) await tab.read(click('#pause'))
      await tab.until(LIVE)
      await tab.read(click('#pause'))
      expect(await tab.read("document.querySelector('#live').textContent")).toBe('Paused')
      await eventually(() => front.gateway.traffic.requests === 0)
    })

    it('names everything to assistive technology, and reads out what changes once', async () => {
      await using front = await statusFront(named('a', 'b'), { authorize: () => true })
      await openLive(front.url)
      front.pool.maintenance('b')
      await tab.until("document.querySelector('#news').textContent !== ''")
      expect(await tab.read("document.querySelector('#news').textContent")).toBe('users: b maintenance')
      const { nodes } = await tab.send('Accessibility.getFullAXTree')
      const namesOf = (role: string): string[] =>
        nodes
          .filter((node: Told) => !node.ignored && node.role?.value === role)
          .map((node: Told) => node.name?.value ?? '')
          .toSorted()
      expect(namesOf('table')).toEqual(['Endpoints of users', 'Latest changes, newest first'])
      expect(namesOf('columnheader')).toEqual(
        expect.arrayContaining(['Endpoint', 'State', 'Weight', 'In flight', 'Req/s', 'Why']),
      )
      expect(namesOf('rowheader')).toEqual(['a', 'b'])
      expect(namesOf('heading')).toEqual(['Latest changes', 'Now', 'Pools', 'Status', 'users'])
      expect(namesOf('button')).toContain('Change a')
      for (const role of ['button', 'searchbox', 'combobox', 'link', 'table', 'columnheader', 'rowheader', 'search'])
        expect([role, namesOf(role).every((name) => name.trim() !== '')]).toEqual([role, true])
      expect(namesOf('status').length).toBeGreaterThan(0)
    })

    it('is a plain table with a note for who runs no scripts', async () => {
      await using front = await statusFront(named('a', 'b'), { authorize: () => true })
      await tab.send('Emulation.setScriptExecutionDisabled', { value: true })
      try {
        await tab.open(front.url)
        // What can't be asked by a script is told by the tree that assistive technology gets.
        const { nodes } = await tab.send('Accessibility.getFullAXTree')
        const names = nodes.filter((node: Told) => !node.ignored).map((node: Told) => String(node.name?.value ?? ''))
        expect(names.join('\n')).toContain('These figures stand still')
        expect(names).toContain('Load them again')
        const roles = nodes.filter((node: Told) => !node.ignored).map((node: Told) => node.role?.value)
        expect(roles.filter((role: string) => role === 'rowheader')).toHaveLength(2)
        expect(roles).not.toContain('button')
        expect(roles).not.toContain('searchbox')
      } finally {
        await tab.send('Emulation.setScriptExecutionDisabled', { value: false })
      }
    })

    it('holds a thousand endpoints: closed at first, found at once', async () => {
      const names = Array.from({ length: 1_000 }, (_, at) => `node-${at}`)
      await using front = await statusFront(named(...names), { refreshMs: 500 })
      await openLive(front.url)
      expect(await tab.read("document.querySelector('.pool').open")).toBe(false)
      await tab.read(
        "{ const find = document.querySelector('#find'); find.value = 'node-99'; find.dispatchEvent(new Event('input', { bubbles: true })) }",
      )
      expect(await tab.read("document.querySelectorAll('tr[data-row]:not([hidden])').length")).toBe(11)
      expect(await tab.read("document.querySelector('.pool').open")).toBe(true)
      expect(await tab.read("document.querySelector('#found').textContent")).toMatch(/^11 of 1.?000$/)
      front.pool.setWeight('node-999', 3)
      await tab.until(`${cell('node-999', 'weight')} === '3'`)
    })
  },
)
