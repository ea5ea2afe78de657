import type { Change } from '../changes.js'
import type { GatewayReport, StatusReport } from '../report.js'
import { actionDialog } from './action-dialog.js'
import { count, duration, moment, percent, rate } from './figures.js'
import { Html, html } from './html.js'
import { sprite } from './icons.js'
import { poolSection } from './pool-section.js'
import { script } from './script.js'
import { style } from './style.js'
import { LOOKS } from './tones.js'

/** The whole page as it is without a script; with one it goes on from here. */
export function pageOf(report: StatusReport, actions: boolean): string {
  const { title, at, startedAt, totals, gateways, pools, changes } = report
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
${sprite}
<a class="skip" href="#pools">Skip to pools</a>
<header>
<h1>${title}</h1>
<p class="live" data-live="off"><span class="dot" aria-hidden="true"></span><span id="live">Not live</span></p>
<p class="asof">as of <time id="at" datetime="${new Date(at).toISOString()}">${moment(at)}</time>, running since <time id="started" datetime="${new Date(startedAt).toISOString()}">${moment(startedAt)}</time></p>
<div class="tools" id="tools" hidden><button type="button" id="pause" aria-pressed="false">Pause</button><button type="button" id="theme">Theme: system</button></div>
</header>
<noscript><p class="note">These figures stand still: without a script the page can’t update itself. <a href="">Load them again</a>.</p></noscript>
<p class="unseen" role="status" id="news"></p>
<main>
<section aria-labelledby="h-now"><h2 id="h-now" class="unseen">Now</h2>
<dl class="tiles">
<div><dt>Requests/s</dt><dd data-t="rate">${rate(totals.rate)}</dd></div>
<div><dt>Errors</dt><dd data-t="errorRate">${percent(totals.errorRate)}</dd></div>
<div><dt>In flight</dt><dd data-t="requests">${count(totals.requests)}</dd></div>
<div><dt>Queued</dt><dd data-t="queued">${count(totals.queued)}</dd></div>
<div><dt>Tunnels</dt><dd data-t="tunnels">${count(totals.tunnels)}</dd></div>
<div><dt>Available</dt><dd><span data-t="available">${count(totals.available)}</span> <small>of <span data-t="endpoints">${count(totals.endpoints)}</span></small></dd></div>
</dl></section>
${gateways.length === 0 ? '' : gatewaySection(gateways)}
<section aria-labelledby="pools" class="pools"><div class="bar"><h2 id="pools" tabindex="-1">Pools</h2>
<form id="filter" role="search" aria-label="Endpoints" hidden><output id="found"></output><label>Find <input type="search" id="find" placeholder="Name, zone or reason" autocomplete="off" spellcheck="false"></label><label>State <select id="state"><option value="">Any</option><option value="trouble">Not up</option>${Object.entries(LOOKS).map(([state, { word }]) => html`<option value="${state}">${word}</option>`)}</select></label></form></div>
${pools.length === 0 ? html`<p class="empty">No pools.</p>` : pools.map((pool, index) => poolSection(pool, index, pools.length, actions))}
<p class="empty" id="nothing" hidden>No endpoint is like that.</p>
</section>
<section aria-labelledby="h-changes"><h2 id="h-changes">Latest changes</h2>
<p class="empty" id="unchanged"${changes.length === 0 ? '' : html` hidden`}>Nothing has changed since this process began to watch.</p>
<div class="wide" id="changed"${changes.length === 0 ? html` hidden` : ''}><table class="log"><caption class="unseen">Latest changes, newest first</caption>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Change</th><th scope="col">Why</th></tr></thead>
<tbody id="changes">${changes.map(changeRow)}</tbody></table></div></section>
</main>
${actions ? actionDialog : ''}
<script>${new Html(script)}</script>
</body>
</html>
`.text
}

function gatewaySection(gateways: readonly GatewayReport[]): Html {
  return html`<section aria-labelledby="h-gateways"><h2 id="h-gateways">Gateways</h2>
<div class="wide"><table class="gateways"><caption class="unseen">Gateways</caption>
<thead><tr><th scope="col" class="t">Gateway</th><th scope="col" class="t">State</th><th scope="col" class="n">In flight</th><th scope="col" class="n">Req/s</th><th scope="col" class="n">Errors</th><th scope="col" class="n">p50</th><th scope="col" class="n">p95</th><th scope="col" class="n">p99</th><th scope="col" class="trend">Trend</th><th scope="col" class="n">Tunnels</th></tr></thead>
<tbody>${gateways.map(gatewayRow)}</tbody></table></div></section>`
}

function gatewayRow({ name, state, requests, tunnels, latency, ...figures }: GatewayReport): Html {
  return html`<tr data-gateway="${name}"><th scope="row"><span class="name">${name}</span></th>
<td data-c="state">${state === 'serving' ? 'Serving' : 'Draining'}</td>
<td class="n" data-l="In flight" data-c="requests">${count(requests)}</td>
<td class="n" data-l="Req/s" data-c="rate">${rate(figures.rate)}</td>
<td class="n" data-l="Errors" data-c="errorRate">${percent(figures.errorRate)}</td>
<td class="n" data-l="p50" data-c="p50">${duration(latency?.p50 ?? null)}</td>
<td class="n" data-l="p95" data-c="p95">${duration(latency?.p95 ?? null)}</td>
<td class="n" data-l="p99" data-c="p99">${duration(latency?.p99 ?? null)}</td>
<td class="trend"><svg class="spark" viewBox="0 0 60 20" preserveAspectRatio="none" aria-hidden="true"><path class="area" data-c="area"></path><path class="line" data-c="line"></path><path class="failed" data-c="failed"></path></svg></td>
<td class="n" data-l="Tunnels" data-c="tunnels">${count(tunnels)}</td></tr>
`
}

function changeRow({ at, subject, pool, change, why }: Change): Html {
  return html`<tr><td><time datetime="${new Date(at).toISOString()}">${moment(at)}</time></td><td>${pool === null ? '' : html`<span class="in">${pool}</span> `}${subject}</td><td>${change}</td><td>${why}</td></tr>
`
}
