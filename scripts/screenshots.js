// Makes the pictures of docs/status-page.md, of a real page under load in a real browser (Debian's chromium):
// `node --import ./test/support/source-loader.ts scripts/screenshots.js`. Takes a minute and a half.
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { openTab } from '../test/support/devtools.ts'
import { startScene } from './status-scene.js'

const folder = new URL('../docs/images/', import.meta.url)
const SIZES = { desktop: { width: 1440, height: 1000, scale: 1 }, phone: { width: 360, height: 800, scale: 2 } }
/** Long enough for a sparkline. */
const LOAD_MS = Number(process.env['LOAD_MS'] ?? 45_000)

const scene = await startScene()
try {
  await delay(LOAD_MS)
  await scene.unsettle()
  await delay(12_000)
  const tab = await openTab()
  try {
    await tab.send('Emulation.setScrollbarsHidden', { hidden: true })
    for (const [name, { width, height, scale }] of Object.entries(SIZES)) {
      for (const theme of ['light', 'dark']) {
        await tab.send('Emulation.setDeviceMetricsOverride', {
          width,
          height,
          deviceScaleFactor: scale,
          mobile: name === 'phone',
        })
        await tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: theme }] })
        await tab.open(scene.url)
        await tab.until("document.querySelector('[data-live=on]') !== null")
        // The other half of a phone's page.
        if (name === 'phone' && theme === 'dark') await tab.read("document.querySelector('#pools').scrollIntoView()")
        await delay(1_500)
        const { data } = await tab.send('Page.captureScreenshot', { format: 'png' })
        await writeFile(new URL(`status-${name}-${theme}.png`, folder), Buffer.from(data, 'base64'))
      }
    }
  } finally {
    await tab[Symbol.asyncDispose]()
  }
} finally {
  await scene.stop()
}
