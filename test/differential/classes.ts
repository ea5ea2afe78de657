import type { Disagreement } from './compare.js'

/** A kind of disagreement, and what is to be thought of it. */
export interface DisagreementClass {
  readonly name: string
  /** Whether Edgewise lets through what it should not, or changes what it means. */
  readonly harmful: boolean
  readonly why: string
  readonly holds: (disagreement: Disagreement) => boolean
}

const refused =
  (...reasons: readonly (string | RegExp)[]) =>
  ({ trio, reason }: Disagreement): boolean =>
    trio.startsWith('N') && reasons.some((each) => (typeof each === 'string' ? each === reason : each.test(reason)))

/** Whether one of those that forwarded it sent the same message, if perhaps in a form that can be read in two ways. */
function agreesWithOne({ trio, fromNginx, fromHaproxy }: Disagreement): boolean {
  const alike = (parts: readonly string[]): boolean => parts.every((part) => part === 'form')
  return (trio[2] === 'F' && alike(fromNginx)) || (trio[4] === 'F' && alike(fromHaproxy))
}

const bothForwarded = ({ trio }: Disagreement): boolean => trio === 'F/F/F'

/** All classes; the first that holds is a disagreement's. One that none holds for fails a run. */
export const CLASSES: readonly DisagreementClass[] = [
  {
    name: 'a handshake that is none, where nobody upgrades',
    harmful: false,
    why: 'it goes on as the plain request that it is, without Upgrade; HAProxy wants a key in it',
    holds: ({ trio, reason, fromNginx }) => /^F\/.\/N$/.test(trio) && reason === 'Upgrade' && fromNginx.length === 0,
  },
  {
    name: 'in good order, refused by each for a reason of its own',
    harmful: false,
    why: 'HAProxy takes no absolute target without a path (RFC 9112 §3.2.2 allows it), nginx no tab in front of a Host (§5 does); both have limits of their own to a head',
    holds: ({ trio, reason }) =>
      trio === 'F/N/N' && (reason === 'an absolute target without a path' || reason === 'a long head'),
  },
  {
    name: 'forwards what both refuse',
    harmful: true,
    why: 'nobody else thinks that this is a request',
    holds: ({ trio }) => trio === 'F/N/N',
  },
  {
    name: 'no Host in HTTP/1.0',
    harmful: false,
    why: 'the upstream’s own name goes upstream, in HTTP/1.1 (RFC 9112 §3.2); nginx and HAProxy send none',
    holds: ({ trio, fromNginx, fromHaproxy }) => {
      const parts = [...fromNginx, ...fromHaproxy]
      return trio.startsWith('F') && parts.includes('no host') && parts.every((part) => /^(?:no host|form)$/.test(part))
    },
  },
  {
    name: 'another message than all that forward it',
    harmful: true,
    why: 'method, host, path, query or body is another',
    holds: (disagreement) => disagreement.trio.startsWith('F') && !agreesWithOne(disagreement),
  },
  {
    name: 'nginx and HAProxy differ, Edgewise as nginx',
    harmful: false,
    why: 'HAProxy forwards framing that can be read in two ways, as it stands',
    holds: (disagreement) => bothForwarded(disagreement) && disagreement.fromHaproxy.length > 0,
  },
  {
    name: 'nginx and HAProxy differ, Edgewise as HAProxy',
    harmful: false,
    why: 'nginx reads or sends it in its own way',
    holds: (disagreement) => bothForwarded(disagreement) && disagreement.fromNginx.length > 0,
  },
  {
    name: 'as nginx, HAProxy refuses',
    harmful: false,
    why: 'an absolute target without a path, many trailers, an Expect of its own',
    holds: ({ trio }) => trio === 'F/F/N',
  },
  {
    name: 'as HAProxy, nginx refuses',
    harmful: false,
    why: 'blanks around a Host, which RFC 9112 §5 allows',
    holds: ({ trio }) => trio === 'F/N/F',
  },
  {
    name: 'line ends and blanks',
    harmful: false,
    why: 'bare CR or LF and folded lines end a line for one reader and not for another (H-010, H-011)',
    holds: refused('malformed: bare LF', 'malformed: bare CR', 'malformed: obs-fold', 'malformed: empty start line'),
  },
  {
    name: 'field grammar',
    harmful: false,
    why: 'nginx drops such a field, HAProxy forwards some; others behind them may read it (H-025, H-062)',
    holds: refused('malformed: bad field name', 'malformed: bad field value'),
  },
  {
    name: 'request line',
    harmful: false,
    why: 'HTTP/0.9, unknown versions and what is no target (H-015, H-016)',
    holds: refused('malformed: bad request line'),
  },
  {
    name: 'framing fields',
    harmful: false,
    why: 'lengths and codings beside each other, repeated or in HTTP/1.0; HAProxy forwards some (H-002 to H-007)',
    holds: refused(
      'malformed: both Content-Length and Transfer-Encoding',
      'malformed: more than one Content-Length',
      'malformed: more than one Transfer-Encoding',
      'malformed: Transfer-Encoding is not "chunked"',
      'malformed: Transfer-Encoding in HTTP/1.0',
      'malformed: Content-Length is not plain digits',
      'a tab behind a coding',
    ),
  },
  {
    name: 'chunk grammar',
    harmful: false,
    why: 'blanks, bare LF and odd extensions; the message is broken upstream, too (H-008)',
    holds: refused(
      'malformed: bad chunk size line',
      'malformed: chunk data not followed by CRLF',
      'malformed: bad trailer',
      'chunk extensions',
      'framing in the trailers',
    ),
  },
  {
    name: 'Host',
    harmful: false,
    why: 'none, two, or one that is no authority (H-012, H-013)',
    holds: refused('malformed: no Host', 'malformed: more than one Host', 'a bad Host'),
  },
  {
    name: 'target',
    harmful: false,
    why: 'dot segments, encoded slashes and what else two readers may take for two paths; the others forward it as it is (H-014, H-030 to H-047)',
    holds: refused(/^target: /),
  },
  {
    name: 'method',
    harmful: false,
    why: 'TRACE, CONNECT and OPTIONS of this hop are answered here, and a method that Node does not know is a 400 (H-015, H-017, H-057)',
    holds: refused('TRACE', 'CONNECT', 'an unknown method', 'OPTIONS for this hop'),
  },
  {
    name: 'fields that may stand once, and limits',
    harmful: false,
    why: 'repeated credentials and the like, more than 200 fields, a long head, an Expect that is not 100-continue (H-020, H-022, H-026)',
    holds: refused('a repeated field that may stand once', 'too many fields', 'a long head', 'an unknown Expect'),
  },
  {
    name: 'upgrades',
    harmful: false,
    why: 'a handshake that is none is refused, and nothing is read behind one; nginx, as configured here, drops Upgrade (H-054, H-072, H-073)',
    holds: refused('Upgrade', 'behind an upgrade'),
  },
  {
    name: 'the end of a connection',
    harmful: false,
    why: 'nothing is read behind a request that says it is the last, or one answered before its body had come (H-003); nginx looks for `keep-alive` anywhere in Connection',
    holds: refused('behind the last request', 'behind an early answer'),
  },
  {
    name: 'in front of what is malformed',
    harmful: false,
    why: 'Node reads all that has come before it hands out any: bytes that it can’t read, or a CONNECT that nobody takes, end the connection also for what stands in front of them',
    holds: refused('in front of what is malformed'),
  },
  {
    name: 'cut short',
    harmful: false,
    why: 'nginx answers a line without a version at once (HTTP/0.9); Edgewise waits for a head',
    holds: refused('cut short'),
  },
]
