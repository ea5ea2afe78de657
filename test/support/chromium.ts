import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A browser's processes (Debian's chromium), with a profile of their own. */
export interface Chromium extends AsyncDisposable {
  /** Where its profile is, and what it writes there. */
  readonly folder: string
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>
}

/** Whether there is a browser; a test with one is skipped elsewhere. */
export function browserInstalled(): boolean {
  return spawnSync('chromium', ['--version']).status === 0
}

/** What keeps a browser from asking anybody but the test, and from sharing anything with another one. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--remote-debugging-port=0',
]

/** Starts a browser at an address. It goes with whoever disposes of it, or with this process. */
export async function startChromium(url: string): Promise<Chromium> {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-browser-'))
  // Its own group: what it has started goes with it.
  const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${folder}`, url], { stdio: 'ignore', detached: true })
  const ended = new Promise<void>((resolve) => {
    browser.once('error', () => resolve())
    browser.once('close', () => resolve())
  })
  const kill = (): void => killGroup(browser)
  process.once('exit', kill)
  return {
    folder,
    ended,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill)
      kill()
      await ended
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
