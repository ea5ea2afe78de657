import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export interface CertificatesOptions {
  /** Host names and addresses; the first is the subject too. @default ['localhost', '127.0.0.1'] */
  readonly names?: readonly string[] | undefined
  /** Name of the authority: the same name is the same authority, another one is not trusted by it. @default 'Test authority' */
  readonly authority?: string | undefined
  /** One whose end was yesterday. @default false */
  readonly expired?: boolean | undefined
}

/** PEM texts, as `node:tls` takes them. */
export interface Certificates {
  /** To be trusted by the other side. */
  readonly ca: string
  readonly key: string
  readonly cert: string
}

const DAYS = 30
const VERSION = 1

/**
 * Makes a key and a certificate for the names, signed by a test authority; good for servers and clients. Kept in the system's
 * temporary directory, so that only the first call takes time (about 50 ms).
 *
 * @throws Error if the `openssl` command is missing or fails.
 */
export function certificates(options: CertificatesOptions = {}): Certificates {
  const { names = ['localhost', '127.0.0.1'], authority = 'Test authority', expired = false } = options
  const authorityFiles = kept(['authority', authority], (folder) => {
    const subject = ['-subj', `/CN=${authority}`, '-days', String(DAYS)]
    const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
    openssl(folder, ['req', '-x509', ...newKey, ...subject, ...extensions, '-out', 'cert.pem'])
  })
  const leaf = kept(['leaf', authority, ...names, ...(expired ? ['expired'] : [])], (folder) => {
    const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',')
    writeFileSync(
      join(folder, 'extensions'),
      `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    )
    openssl(folder, ['req', ...newKey, '-subj', `/CN=${names[0]}`, '-out', 'request.pem'])
    const signer = ['-CA', join(authorityFiles, 'cert.pem'), '-CAkey', join(authorityFiles, 'key.pem')]
    const serial = ['-set_serial', String(Date.now()), '-days', String(expired ? -1 : DAYS)]
    openssl(folder, [
      'x509',
      '-req',
      '-in',
      'request.pem',
      ...signer,
      ...serial,
      '-extfile',
      'extensions',
      '-out',
      'cert.pem',
    ])
  })
  return {
    ca: readFileSync(join(authorityFiles, 'cert.pem'), 'utf8'),
    key: readFileSync(join(leaf, 'key.pem'), 'utf8'),
    cert: readFileSync(join(leaf, 'cert.pem'), 'utf8'),
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem']

/** Gives the folder for a key, made at most once a week; safe against other processes that make the same. */
function kept(key: readonly string[], make: (folder: string) => void): string {
  const root = join(tmpdir(), `test-certificates-${userInfo().uid}`)
  const week = Math.floor(Date.now() / (7 * 24 * 3_600_000))
  const name = createHash('sha256')
    .update(JSON.stringify([VERSION, week, ...key]))
    .digest('hex')
    .slice(0, 32)
  const folder = join(root, name)
  if (existsSync(folder)) return folder
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const draft = mkdtempSync(join(root, 'draft-'))
  try {
    make(draft)
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Another process was faster: a rename never replaces a folder with files in it.
    if (!existsSync(folder)) throw error
  }
  return folder
}

function openssl(cwd: string, args: readonly string[]): void {
  try {
    execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    throw new Error('certificates: the openssl command failed or is missing', { cause: error })
  }
}
