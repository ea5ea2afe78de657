import { asError } from '../../errors.js'
import type { EndpointSlice } from './endpoint-slices.js'
import { Bell } from './stoppable.js'

type Each = (type: string, object: EndpointSlice & Status) => void
type Done = (error: unknown) => void

/** The `Status` that an ERROR event carries. */
interface Status {
  readonly code?: number
  readonly message?: string
}

/** What is asked of a watch; `Watch` of `@kubernetes/client-node` is one. */
export interface KubernetesWatch {
  watch(path: string, query: Record<string, string | boolean>, each: Each, done: Done): Promise<{ abort(): void }>
}

const GONE = 410

/** One watch, from when it is asked for until it ends. It keeps `slices` up to date. */
export class SliceWatch {
  readonly #slices: Map<string, EndpointSlice>
  readonly #bell = new Bell()
  #version: string | undefined
  #dirty = false
  #connected = false
  #ended = false
  #closed = false
  #error: Error | null = null
  #request: { abort(): void } | null = null

  constructor(slices: Map<string, EndpointSlice>, version: string) {
    this.#slices = slices
    this.#version = version
  }

  /** Where the next watch goes on; `undefined` if the API has forgotten that, so that a new list is needed. */
  get version(): string | undefined {
    return this.#version
  }

  /** Opens it. Never rejects: what goes wrong shows in {@link changed}. */
  async start(open: (each: Each, done: Done) => Promise<{ abort(): void }>): Promise<void> {
    try {
      const request = await open(this.#each, this.#done)
      this.#connected = !this.#ended
      this.#request = request
      if (this.#closed) request.abort()
    } catch (error) {
      this.#done(error)
    }
  }

  /**
   * Waits for a change; `false` once the watch has ended, as every watch does in the end.
   *
   * @throws Error if it never came about, or the API says that something is wrong.
   */
  async changed(signal: AbortSignal): Promise<boolean> {
    while (!this.#dirty && !this.#ended) await this.#bell.heard(signal)
    if (this.#dirty) {
      this.#dirty = false
      return true
    }
    if (this.#error !== null) throw this.#error
    return false
  }

  close(): void {
    this.#closed = true
    this.#request?.abort()
  }

  readonly #each: Each = (type, object) => {
    if (this.#closed) return
    this.#connected = true
    if (type === 'ERROR') {
      if (object.code === GONE) this.#version = undefined
      else this.#error = new Error(`the Kubernetes API ended the watch: ${object.message ?? object.code}`)
      this.#end()
      return
    }
    const name = object.metadata?.name ?? ''
    if (type === 'ADDED' || type === 'MODIFIED') this.#slices.set(name, object)
    else if (type === 'DELETED') this.#slices.delete(name)
    this.#dirty ||= type !== 'BOOKMARK'
    this.#version = object.metadata?.resourceVersion ?? this.#version
    this.#bell.ring()
  }

  readonly #done: Done = (error) => {
    if (this.#ended) return
    if ((error as { statusCode?: number } | null)?.statusCode === GONE) this.#version = undefined
    // One that breaks off is taken up again: connections don't last. One that never came about is trouble.
    else if (!this.#connected && error != null) this.#error = asError(error)
    this.#end()
  }

  #end(): void {
    this.#ended = true
    this.#bell.ring()
  }
}
