import { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Body, bytesBody, emptyBody, StreamBody } from '../../body.js'
import type { Exchange } from '../../exchange.js'
import { clientCertificate } from '../../http/client-certificate.js'
import type { ClientCertificate } from '../../http/client-info.js'
import { check, checkOptions, optionError } from '../../options.js'

/** A request as data. */
export interface ExplainRequest {
  /** Of the request line. @default 'GET' */
  readonly method?: string | undefined
  /** Path and query as a client asks for them, or an absolute URL, which says protocol and Host, too. */
  readonly url: string
  /** Lists for fields that stand several times. @default Host alone */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Address at the other end of the connection. @default '127.0.0.1' */
  readonly clientAddress?: string | undefined
  /** How the client came. @default 'http', or the URL's */
  readonly protocol?: 'http' | 'https' | undefined
  /** Version of HTTP that it speaks. @default '1.1' */
  readonly httpVersion?: '1.0' | '1.1' | '2.0' | undefined
  /** What the client proved itself with in TLS. @default none */
  readonly certificate?: ClientCertificate | undefined
  /** What is not there can't be judged, and is said to depend. @default none, or bytes of the length that `headers` say */
  readonly body?: string | Uint8Array | undefined
}

/** What can be explained: data, Node's own request, or an exchange. */
export type Explainable = ExplainRequest | IncomingMessage | Http2ServerRequest | Exchange

/** A request as it is looked at. */
export interface Question {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
  readonly peer: string
  readonly encrypted: boolean
  readonly certificate: ClientCertificate | null
  /** Of an exchange; else the options say. */
  readonly base: string | undefined
  /** `undefined` for what the fields tell. */
  readonly body: Body | undefined
  readonly raw: Exchange['raw']
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function readQuestion(given: Explainable): Question {
  if (typeof given !== 'object' || given === null)
    throw optionError('explain', 'request', given, 'a request as data, one of Node’s, or an exchange')
  if ('raw' in given && 'target' in given) return ofExchange(given)
  return 'rawHeaders' in given ? ofNode(given) : ofData(given)
}

function ofExchange({ raw, requestTarget, base, body, client }: Exchange): Question {
  // A stream has one reader, and the exchange is not ours.
  const kept = body.kind === 'stream' ? undefined : body
  return { ...ofNode(raw), url: requestTarget, base, body: kept, peer: client.peer, certificate: client.certificate }
}

function ofNode(raw: IncomingMessage | Http2ServerRequest): Question {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = raw
  const socket = raw.socket as TLSSocket
  const encrypted = socket.encrypted === true
  return {
    method,
    // Frameworks strip the target.
    url: (raw as { originalUrl?: string }).originalUrl ?? url,
    httpVersion,
    rawHeaders,
    peer: socket.remoteAddress ?? '',
    encrypted,
    certificate: encrypted ? clientCertificate(socket) : null,
    base: undefined,
    body: undefined,
    raw,
  }
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function ofData(request: ExplainRequest): Question {
  checkOptions('explain', request, {
    method: (value) => (typeof value === 'string' && TOKEN.test(value) ? undefined : 'a method, as GET'),
    url: check.string,
    headers: check.object,
    clientAddress: check.string,
    protocol: check.oneOf('http', 'https'),
    httpVersion: check.oneOf('1.0', '1.1', '2.0'),
    certificate: check.object,
    body: (value) =>
      typeof value === 'string' || value instanceof Uint8Array ? undefined : 'a string or a Uint8Array',
  })
  const { method = 'GET', url, headers = {}, clientAddress = '127.0.0.1', httpVersion = '1.1' } = request
  if (url === undefined) throw optionError('explain', 'url', url, 'a path, or an absolute URL')
  // Not by `URL`, which would mend what is to be explained.
  const [, protocol, authority = 'localhost', path = url] = /^(https?):\/\/([^/?#]+)(.*)$/is.exec(url) ?? []
  const body = request.body === undefined ? undefined : bytesBody(request.body)
  const pairs = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line) => [name, String(line)]))
  const has = (wanted: string): boolean => pairs.some(([name]) => name!.toLowerCase() === wanted)
  if (!has('host') && httpVersion !== '1.0') pairs.unshift(['Host', authority])
  if (body !== undefined && !has('content-length') && !has('transfer-encoding'))
    pairs.push(['Content-Length', String(body.length)])
  const rawHeaders = pairs.flat()
  return {
    method: method.toUpperCase(),
    url: path.startsWith('/') || path === '*' ? path : `/${path}`,
    httpVersion,
    rawHeaders,
    peer: clientAddress,
    encrypted: (request.protocol ?? protocol?.toLowerCase()) === 'https',
    certificate: request.certificate ?? null,
    base: undefined,
    body,
    raw: standIn(method, path, httpVersion, rawHeaders),
  }
}

/** A request of Node's that nobody has sent, for those who look at it. */
function standIn(method: string, url: string, httpVersion: string, rawHeaders: readonly string[]): IncomingMessage {
  const raw = new IncomingMessage(new Socket())
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) headers[rawHeaders[at]!.toLowerCase()] ??= rawHeaders[at + 1]!
  return Object.assign(raw, { method, url, httpVersion, rawHeaders: [...rawHeaders], headers })
}

const NOWHERE = { pause: () => {}, resume: () => {}, cancel: () => {} }

/** A body of that length of which nothing can be read; none for 0. */
export function bodyOfLength(length: number | undefined): Body {
  return length === 0 ? emptyBody : new StreamBody(NOWHERE, length)
}
