import { actionsScript } from './script-actions.js'
import { changesScript } from './script-changes.js'
import { figuresScript } from './script-figures.js'
import { streamScript } from './script-stream.js'
import { tableScript } from './script-table.js'
import { viewScript } from './script-view.js'

/** What keeps the page up to date, in one piece: its parts share a scope. */
export const script: string = `'use strict';(() => {
${figuresScript}
${tableScript}
${changesScript}
${viewScript}
${actionsScript}
${streamScript}
})()`
