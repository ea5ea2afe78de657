import { narrowStyle } from './style-narrow.js'

/** Colours in pairs for light and dark; each text against its ground is at least 4.5 to 1 (WCAG 2.2, 1.4.3). */
const COLOURS = `:root{color-scheme:light dark;
--ground:light-dark(#f5f6f8,#0f1318);--card:light-dark(#fff,#171c23);--raised:light-dark(#eef0f4,#1f2630);
--text:light-dark(#1b222c,#e4e8ee);--soft:light-dark(#566171,#9aa6b5);--line:light-dark(#dfe3e9,#2a323d);
--accent:light-dark(#1f5fbf,#7fb2f5);
--good:light-dark(#17713f,#5ecb8b);--warn:light-dark(#8a5200,#e9b04d);--bad:light-dark(#b3261e,#ff8f85);--idle:light-dark(#4a5a86,#a6b6e0);
--bad-ground:light-dark(#fdf0ef,#2a1a1b)}
:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}`

/** The page's one style sheet. */
export const style: string = `${COLOURS}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--ground);color:var(--text);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
body>header,main,body>.note,noscript>.note{max-width:1480px;margin-inline:auto;padding-inline:24px}
h1,h2,h3,p,dl,dd{margin:0;font-size:inherit}
h1{font-size:20px;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:15px;font-weight:650}
h3{font-size:15px;font-weight:650;overflow-wrap:anywhere}
a{color:var(--accent)}
.unseen,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{position:fixed;z-index:2;top:8px;left:8px;padding:8px 12px;background:var(--card);border-radius:6px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.icon{width:14px;height:14px;flex:none}
body>svg{position:absolute}
body>header{display:flex;flex-wrap:wrap;align-items:center;gap:6px 16px;padding-block:20px 14px}
.live{display:flex;align-items:center;gap:6px;font-weight:600;color:var(--soft)}
.dot{width:9px;height:9px;border-radius:50%;border:2px solid currentColor}
.live[data-live=on]{color:var(--good)}.live[data-live=on] .dot{background:currentColor}
.live[data-live=waiting],.live[data-live=refused]{color:var(--warn)}
.asof{color:var(--soft)}
.tools{margin-left:auto;display:flex;gap:8px}
button,input,select{font:inherit;color:inherit}
.tools button,.act button,dialog button,input,select{height:32px;padding:0 10px;background:var(--card);border:1px solid var(--line);border-radius:6px}
.tools button,.act button,dialog button{cursor:pointer}
.tools button:hover,.act button:hover,dialog button:hover{border-color:var(--soft)}
[aria-pressed=true]{background:var(--raised)!important;font-weight:600}
.note{margin-bottom:12px;color:var(--warn)}
main{padding-bottom:48px}
section{margin-top:24px}
section:first-child{margin-top:0}
.tiles{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));background:var(--card);border:1px solid var(--line);border-radius:8px}
.tiles>div{display:flex;flex-direction:column;justify-content:space-between;gap:2px;padding:12px 16px;border-left:1px solid var(--line)}
.tiles>div:first-child{border-left:0}
dt{color:var(--soft);font-size:13px}
dd{font-size:22px;font-weight:600;letter-spacing:-.01em;white-space:nowrap}
dd small{font-size:14px;font-weight:400;color:var(--soft);letter-spacing:0}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:8px 24px;min-height:32px}
form{display:flex;flex-wrap:wrap;align-items:center;gap:8px 16px;margin-left:auto}
label{display:flex;align-items:center;gap:8px;color:var(--soft)}
label>*{color:var(--text)}
input[type=search]{width:220px}::placeholder{color:var(--soft);opacity:1}
output{color:var(--soft)}output:empty{display:none}
.pool,.wide,.empty{background:var(--card);border:1px solid var(--line);border-radius:8px}
.pool{margin-top:10px;overflow:clip}
.pool .wide,.pool .empty{border-width:1px 0 0;border-radius:0}
.wide,section>.empty{margin-top:10px}.pool .wide{margin-top:0}
.wide{position:relative;overflow-x:auto}
.empty{padding:14px 16px;color:var(--soft)}
summary{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;padding:10px 16px;cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary:focus-visible{outline-offset:-2px}
summary>.icon{color:var(--soft)}
[open]>summary>.icon{transform:rotate(90deg)}
.facts{display:flex;flex-wrap:wrap;gap:2px 20px;margin-left:auto;color:var(--soft)}
.facts b{font-weight:600;color:var(--text)}
.mark{padding:1px 8px;border:1px solid currentColor;border-radius:4px;color:var(--bad);font-size:13px;font-weight:600}
.mark:empty{display:none}
.more{display:flex;flex-wrap:wrap;gap:2px 20px;padding:0 16px 10px 40px;color:var(--soft);font-size:13px}
.more>:empty{display:none}
table{width:100%;border-collapse:collapse}
th,td{padding:7px 12px;text-align:left;vertical-align:top;font-weight:400}
th:first-child,td:first-child{padding-left:16px}th:last-child,td:last-child{padding-right:16px}
thead th{padding-block:6px;color:var(--soft);font-size:13px;white-space:nowrap;vertical-align:bottom}
tbody tr{border-top:1px solid var(--line)}
tbody tr:hover{background:var(--raised)}
.n{text-align:right;white-space:nowrap}
.trend{width:116px}
.pool table{table-layout:fixed;min-width:1310px}
.pool th:nth-child(2){width:204px}.pool th:nth-child(3){width:94px}.pool th:nth-child(4){width:84px}.pool th:nth-child(n+5){width:72px}.pool th.trend{width:112px}.pool th:nth-child(11){width:86px}.pool th:nth-child(12){width:76px}.pool th:nth-child(13){width:108px}
thead button{padding:0;border:0;background:none;color:inherit;cursor:pointer}
thead button:hover{color:var(--text)}
[aria-sort]{color:var(--text)!important;font-weight:600}
[aria-sort] button::after{content:" ↓"}[aria-sort=ascending] button::after{content:" ↑"}
.name{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;overflow-wrap:anywhere;font-weight:500}
.sub{color:var(--soft);font-size:13px}
.sub:empty{display:none}
th .sub,.n .sub{display:block}
.badge{font-weight:600;white-space:nowrap}
.badge .icon{margin-right:6px;vertical-align:-2px}
.why{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
[data-tone=good] .badge{color:var(--good)}[data-tone=soft] .badge{color:var(--warn)}[data-tone=bad] .badge{color:var(--bad)}[data-tone=idle] .badge{color:var(--idle)}
[data-tone=bad]{background:var(--bad-ground)}
[data-tone=idle] .n,[data-tone=bad] .n{color:var(--soft)}
[data-high=yes]{color:var(--bad)!important;font-weight:600}
.spark{display:block;width:92px;height:26px;border-bottom:1px solid var(--line)}
.spark path{fill:none;vector-effect:non-scaling-stroke}
.spark .line{stroke:var(--accent);stroke-width:1.5;stroke-linejoin:round}
.spark .area{fill:var(--accent);opacity:.14}
.spark .failed{stroke:var(--bad);stroke-width:2}
.log td{padding-block:5px;overflow-wrap:anywhere}
.log td:first-child{white-space:nowrap;color:var(--soft)}
.in{color:var(--soft)}.in::after{content:" ›"}
dialog{width:min(460px,calc(100vw - 24px));padding:20px;border:1px solid var(--line);border-radius:10px;background:var(--card);color:var(--text)}
dialog::backdrop{background:rgb(0 0 0/.45)}
dialog>*+*{margin-top:12px}
dialog h2{overflow-wrap:anywhere}
.soft{color:var(--soft)}
.choices{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.choices.end{justify-content:end}
dialog button:disabled{color:var(--soft);background:var(--raised);cursor:default}
dialog input{width:100px}
dialog p:empty{display:none}
#do-said{color:var(--good);font-weight:600}#do-warning{color:var(--bad);font-weight:600}
td.act{text-align:right}.act button{height:28px}
${narrowStyle}`
