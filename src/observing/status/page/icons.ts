import { Html, html } from './html.js'

/** One shape a state, 16 × 16, so that nobody needs colours to tell them apart. */
const SHAPES: Readonly<Record<string, string>> = {
  up: '<circle cx="8" cy="8" r="5" fill="currentColor"/>',
  warming:
    '<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor"/>',
  trial:
    '<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3 2.2"/><circle cx="8" cy="8" r="1.7" fill="currentColor"/>',
  ejected:
    '<path d="M8 2.5 14 13H2z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/><path d="M8 6.5v3" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>',
  down: '<path d="m4 4 8 8m0-8-8 8" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
  drain:
    '<path d="M8 2.5v8m-4-3.5 4 4 4-4M3.5 13.5h9" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>',
  maintenance: '<path d="M5.5 3.5v9m5-9v9" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
  chevron:
    '<path d="m6 4 4 4-4 4" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>',
}

/** All of them, to be used by name. */
export const sprite: Html = new Html(
  `<svg width="0" height="0" aria-hidden="true">${Object.entries(SHAPES)
    .map(([name, shape]) => `<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`)
    .join('')}</svg>`,
)

export function icon(name: string): Html {
  return html`<svg class="icon" aria-hidden="true"><use href="#i-${name}"></use></svg>`
}
