import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { eventually } from '../../src/testing/eventually.js'
import { startChromium } from './chromium.js'

/** What the browser answers, or tells: JSON, whose form the protocol's own documentation says. */
// biome-ignore lint/suspicious/noExplicitAny: the protocol's types are a package of their own.
export type Told = any

/** One tab of a real browser, driven by the Chrome DevTools Protocol. */
export interface Tab extends AsyncDisposable {
  /** Asks for something, as `Page.navigate`. */
  send(method: string, params?: object): Promise<Told>
  /** What it has told of, by the names of events, as `Network.requestWillBeSent`; from the first on. */
  told(event: string): readonly Told[]
  open(url: string): Promise<void>
  /** What an expression in the page comes to; promises are waited for. Throws what it throws. */
  read<T>(expression: string): Promise<T>
  /** Waits until an expression in the page is true. */
  until(expression: string): Promise<void>
  /** Types a key, as a keyboard does: `Tab`, `Enter`, ` `, or a letter. */
  press(key: string): Promise<void>
}

/** A browser on a busy machine takes its time. */
const PATIENCE = { timeoutMs: 20_000, intervalMs: 20 }

const KEYS: Readonly<Record<string, { readonly code: string; readonly keyCode: number; readonly text?: string }>> = {
  Tab: { code: 'Tab', keyCode: 9 },
  Enter: { code: 'Enter', keyCode: 13, text: '\r' },
  Escape: { code: 'Escape', keyCode: 27 },
  ' ': { code: 'Space', keyCode: 32, text: ' ' },
}

/** Starts a browser with one empty tab. */
export async function openTab(): Promise<Tab> {
  const browser = await startChromium('about:blank')
  const port = await portOf(browser.folder)
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Told[]
  const page = targets.find(({ type }) => type === 'page')
  const socket = new WebSocket(page.webSocketDebuggerUrl, { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const waiting = new Map<number, { resolve(told: Told): void; reject(error: Error): void }>()
  const events = new Map<string, Told[]>()
  let asked = 0
  socket.on('message', (data) => {
    const { id, method, params, result, error } = JSON.parse(String(data))
    if (id === undefined) {
      const list = events.get(method)
      if (list === undefined) events.set(method, [params])
      else list.push(params)
      return
    }
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error.message))
    waiting.delete(id)
  })
  const send = (method: string, params: object = {}): Promise<Told> => {
    const id = ++asked
    socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  }
  const told = (event: string): readonly Told[] => events.get(event) ?? []
  const read = async (expression: string): Promise<Told> => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }
  for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'Audits', 'Accessibility']) await send(`${domain}.enable`)
  return {
    send,
    told,
    read,
    async open(url) {
      const loads = told('Page.loadEventFired').length
      await send('Page.navigate', { url })
      await eventually(() => told('Page.loadEventFired').length > loads, PATIENCE)
    },
    async until(expression) {
      await eventually(async () => (await read(expression)) === true, { ...PATIENCE, what: expression })
    },
    async press(key) {
      const known = KEYS[key]
      const {
        code,
        keyCode,
        text = undefined,
      } = known ?? { code: `Key${key.toUpperCase()}`, keyCode: key.toUpperCase().charCodeAt(0), text: key }
      const event = { key, code, windowsVirtualKeyCode: keyCode }
      await send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', text, ...event })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await browser[Symbol.asyncDispose]()
    },
  }
}

/** Where it listens, as it writes down when it does. */
async function portOf(folder: string): Promise<number> {
  let text = ''
  await eventually(() => {
    try {
      text = readFileSync(join(folder, 'DevToolsActivePort'), 'utf8')
    } catch {
      // Not yet.
    }
    return text.includes('\n')
  }, PATIENCE)
  return Number.parseInt(text, 10)
}
