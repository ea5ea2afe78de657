/** What log lines go to: pino, winston, bunyan, or anything of their shape. */
export interface Logger {
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}
