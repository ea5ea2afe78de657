/** For less room than a desktop's: fewer figures, then a card for each row. Who wants less motion, or more contrast, gets it. */
export const narrowStyle: string = `@media (max-width:1180px){.facts{margin-left:0;flex-basis:100%;padding-left:24px}}
@media (max-width:1358px){.pool table{min-width:1130px}.pool :is(th,td):nth-child(9),.pool :is(th,td):nth-child(11){display:none}}
@media (max-width:900px){.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}.tiles>div:nth-child(4){border-left:0}.tiles>div:nth-child(n+4){border-top:1px solid var(--line)}}
@media (max-width:900px){
body>header,main,body>.note,noscript>.note{padding-inline:12px}
body>header{padding-block:14px 10px}h1{flex-basis:100%}
.asof{order:3;flex-basis:100%;font-size:13px}
.tools button,.act button,dialog button,input,select{height:40px}
.tiles>div{padding:10px 12px}
dd{font-size:19px}
form{margin-left:0;width:100%}
label{flex:1 1 200px}
label>*{flex:1;min-width:0;width:100%}
summary{padding:12px}.facts{padding-left:0;gap:2px 14px}.more{padding:0 12px 10px}
.pool table{min-width:0}.pool table,.pool tbody,.gateways,.gateways tbody{display:block}
.pool thead,.gateways thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.pool tbody tr,.gateways tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(68px,1fr));gap:6px 10px;padding:10px 12px}
.pool tbody th,.pool tbody td,.gateways th,.gateways td{padding:0!important;min-width:0;max-width:none!important}
.pool :is(th,td):nth-child(9),.pool :is(th,td):nth-child(11){display:block}
.pool tbody th,.pool td.state{grid-column:1/-1}
.pool tbody tr:first-child,.gateways tbody tr:first-child{border-top:0}
.gateways th{grid-column:1/-2}
th .sub{display:inline}
.pool tbody .n,.gateways .n{text-align:left}
.pool .n::before,.gateways .n::before{content:attr(data-l);display:block;color:var(--soft);font-size:12px;font-weight:400}
.pool tbody .trend,.gateways td.trend{grid-column:span 1;width:auto}
.spark{width:100%;height:34px}
.pool .act{grid-column:span 2;align-self:end}.act button{width:100%}
.log thead{display:none}.log,.log tbody{display:block}
.log tr{display:flex;flex-wrap:wrap;gap:0 8px;padding:8px 12px}
.log td{padding:0!important}.log td:first-child{flex-basis:100%;font-size:13px}.log td:nth-child(3){font-weight:600}
}
@media (prefers-reduced-motion:no-preference){summary>.icon{transition:transform .12s}}
@media (forced-colors:active){.badge,[data-high=yes]{color:CanvasText!important}}
@media print{.tools,form{display:none}.pool{break-inside:avoid}}`
