import { type Html, html } from './html.js'

/** What can be done to an endpoint, in one dialog for all of them. */
export const actionDialog: Html = html`<dialog id="do" aria-labelledby="do-name">
<h2 id="do-name"></h2>
<p class="soft" id="do-now"></p>
<div class="choices"><button type="button" data-do="ready">Take traffic</button><button type="button" data-do="drain">Drain</button><button type="button" data-do="maintenance">Maintenance</button></div>
<p class="soft">Drained, it gets nothing new and finishes what it has; WebSockets are told to go. In maintenance it gets nothing new, and what it has is left alone.</p>
<div class="choices"><label>Weight <input type="number" id="do-weight" min="0" max="65535" step="1"></label><button type="button" data-do="weight">Set weight</button></div>
<p id="do-said" role="status"></p>
<p id="do-warning" role="alert"></p>
<div class="choices end"><button type="button" id="do-close">Close</button></div>
</dialog>`
