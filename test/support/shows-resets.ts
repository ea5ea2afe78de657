/** Whether a RST that comes together with data is told as one: libuv made a FIN of it until Node 24. */
export const SHOWS_RESETS: boolean = Number(process.versions.node.split('.')[0]) >= 24
