import { asError } from '../../errors.js'
import { field } from './fields.js'
import { chosen, type Kind, kind, whichOf } from './names.js'
import type { Answer, Operation } from './operation.js'

/** A logger whose level can be read and set: pino, winston, or one of their shape. */
export interface LeveledLogger {
  level: string
  /** Which levels there are: names as keys, as winston has them, or below `values`, as pino has. @default those of pino */
  readonly levels?: unknown
}

export const LOGGERS: Kind<LeveledLogger> = kind('a logger with a "level"', ({ level }) => typeof level === 'string')

const PINO_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** How much loggers say. */
export function levelOperations(loggers: ReadonlyMap<string, LeveledLogger>): readonly Operation[] {
  const show = (): Answer => ({
    json: { loggers: [...loggers].map(([name, logger]) => ({ name, level: logger.level, levels: levelsOf(logger) })) },
  })
  return [
    { method: 'GET', path: '/log-level', name: 'log-levels', summary: 'How much each logger says.', run: show },
    {
      method: 'PUT',
      path: '/log-level',
      name: 'log-level',
      summary: 'Let a logger say more, or less.',
      body: {
        level: field.required(field.text('One that the logger has.')),
        logger: whichOf(loggers, 'Which logger.'),
      },
      subject: ({ body }) => chosen(loggers, body['logger'])[0],
      run({ body }) {
        const [, logger] = chosen(loggers, body['logger'])
        const levels = levelsOf(logger)
        const level = body['level'] as string
        if (!levels.includes(level))
          return {
            status: 400,
            detail: `log-level: "level" is ${JSON.stringify(level)}; allowed: ${levels.join(', ')}`,
          }
        try {
          logger.level = level
        } catch (error) {
          return { status: 400, detail: `log-level: ${asError(error).message}` }
        }
        return show()
      },
    },
  ]
}

function levelsOf({ levels }: LeveledLogger): readonly string[] {
  if (typeof levels !== 'object' || levels === null) return PINO_LEVELS
  const { values } = levels as { readonly values?: unknown }
  return typeof values === 'object' && values !== null ? [...Object.keys(values), 'silent'] : Object.keys(levels)
}
