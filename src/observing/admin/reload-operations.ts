import { asError } from '../../errors.js'
import { type Kind, kind } from './names.js'
import type { Answer, Operation } from './operation.js'

/** Certificates that can be read again: what `tlsOptions()` makes. */
export interface ReloadableCertificates {
  /** Resolves to whether what was read is in use. */
  reload(): Promise<boolean>
}

export const CERTIFICATES: Kind<ReloadableCertificates> = kind(
  'what tlsOptions() makes',
  ({ reload }) => typeof reload === 'function',
)

/** Reads again what the gateway is made of. */
export function reloadOperation(reload: () => unknown): Operation {
  let underWay = false
  return {
    method: 'POST',
    path: '/reload',
    name: 'reload',
    summary: 'Read the configuration again; where it is wrong, the old one stays.',
    async run() {
      // Another ask has nothing to wait for that it would not have to wait for again.
      if (underWay) return { status: 409, detail: 'A reload is under way.' }
      underWay = true
      try {
        await reload()
        return { json: { reloaded: true } }
      } catch (error) {
        return wrong(error)
      } finally {
        underWay = false
      }
    },
  }
}

/** Reads certificates again. */
export function certificateOperation(certificates: ReadonlyMap<string, ReloadableCertificates>): Operation {
  return {
    method: 'POST',
    path: '/certificates/reload',
    name: 'reload-certificates',
    summary: 'Read certificates again; those that can’t be used leave the old ones in place.',
    async run() {
      const all = await Promise.all([...certificates].map(async ([name, tls]) => ({ name, used: await tls.reload() })))
      const kept = all.filter(({ used }) => !used).map(({ name }) => name)
      if (kept.length === 0) return { json: { certificates: all.map(({ name }) => name) } }
      const detail = `What was read can't be used, and the old certificates stay: ${kept.join(', ')}. A "certificate" event tells why.`
      return { status: 422, detail }
    },
  }
}

/** Most places of errors that are told. */
const MOST = 100

/** The refusal of a configuration that is wrong: what its error says, and where, if it knows. */
function wrong(error: unknown): Answer {
  const { errors, problems = errors } = Object(error) as { readonly errors?: unknown; readonly problems?: unknown }
  const places = (Array.isArray(problems) ? problems : [error]).slice(0, MOST).map(placeOf)
  return { status: 422, detail: asError(error).message, errors: places }
}

function placeOf(error: unknown): object {
  const { message, file, line, column, path } = Object(error) as Readonly<Record<string, unknown>>
  return { detail: message ?? String(error), file, line, column, path }
}
