import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Check, check, checkOptions, type Milliseconds, optionError } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'
import { FolderWatch } from '../../upstream/discovery/folder-watch.js'
import type { CertificatePair } from './certificate-table.js'

/** A certificate in files, read again when these change. */
export interface CertificateFiles extends Pick<CertificatePair, 'passphrase' | 'names'> {
  /** The certificate and its chain, in PEM. */
  readonly certFile: string
  /** Its key, in PEM. */
  readonly keyFile: string
}

type Source = CertificatePair | CertificateFiles

/** Certificates and keys as text or bytes. */
export const pem: Check = check.either(check.string, (value) =>
  value instanceof Uint8Array ? undefined : 'PEM as text or bytes',
)

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no certificate with its key, in memory or in files. */
export function checkCertificates(certificates: readonly Source[] | undefined): void {
  if (certificates === undefined || certificates.length === 0)
    throw optionError('tlsOptions', 'certificates', certificates, 'certificates with their keys, at least one')
  for (const each of certificates) {
    const inFiles = 'certFile' in each || 'keyFile' in each
    const needed = inFiles ? { certFile: check.string, keyFile: check.string } : { cert: pem, key: pem }
    checkOptions('tlsOptions certificates', each, { ...needed, passphrase: check.string, names: check.strings })
    for (const name of Object.keys(needed))
      if ((each as unknown as Record<string, unknown>)[name] === undefined)
        throw optionError('tlsOptions certificates', name, undefined, 'a certificate with its key')
  }
}

export function readNow(source: Source): CertificatePair {
  if (!('certFile' in source)) return source
  const { certFile, keyFile, passphrase, names } = source
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), passphrase, names }
}

export async function readLater(source: Source): Promise<CertificatePair> {
  if (!('certFile' in source)) return source
  const { certFile, keyFile, passphrase, names } = source
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
  return { cert, key, passphrase, names }
}

/** From a change to the look, so that who writes certificate and key one after the other gets done. */
const SETTLE_MS = 200

/** Calls when files may have changed: at once where the system tells of it, else at every interval. */
export class FilesWatch {
  readonly #clock: Clock
  readonly #intervalMs: Milliseconds
  readonly #look: () => void
  #folders: FolderWatch[] = []
  #timer: unknown = null

  constructor(clock: Clock, intervalMs: Milliseconds, look: () => void) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#look = look
  }

  /** Watches these, and no longer those of before. */
  follow(sources: readonly Source[]): void {
    this.close()
    const files = sources.flatMap((source) => ('certFile' in source ? [source.certFile, source.keyFile] : []))
    if (files.length === 0) return
    const folders = new Set(files.map((file) => dirname(file)))
    this.#folders = Array.from(folders, (folder) => new FolderWatch(folder, this.#look, SETTLE_MS, this.#clock))
    this.#wait()
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer)
    for (const folder of this.#folders.splice(0)) folder.close()
  }

  #wait(): void {
    // A folder that could not be watched before, or that was replaced, may be now.
    for (const folder of this.#folders) folder.start()
    this.#timer = this.#clock.setTimeout(() => {
      this.#look()
      this.#wait()
    }, this.#intervalMs)
  }
}
