// The bytes that clients and upstream of the WebSocket benchmark exchange: the same message all the time, so that nobody spends time on it.

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
export const MESSAGE = Buffer.alloc(125, 'x')

const MASK = Buffer.from([1, 2, 3, 4])
const masked = (payload) => payload.map((byte, at) => byte ^ MASK[at % 4])

/** A text message of {@link MESSAGE}, as a client sends it and as a server does. */
export const FROM_CLIENT = Buffer.concat([Buffer.from([0x81, 0x80 | MESSAGE.length]), MASK, masked(MESSAGE)])
export const FROM_SERVER = Buffer.concat([Buffer.from([0x81, MESSAGE.length]), MESSAGE])

/** Close frames without a code. */
export const CLIENT_CLOSE = Buffer.concat([Buffer.from([0x88, 0x80]), MASK])
export const SERVER_CLOSE = Buffer.from([0x88, 0])
