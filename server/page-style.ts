/** Colours follow the system's light or dark mode. */
export const pageStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 14%, Canvas); --soft: color-mix(in srgb, CanvasText 5%, Canvas);
  --dim: color-mix(in srgb, CanvasText 62%, Canvas); --good: #2a8a3e; --bad: #c62828; --doubt: #b26a00; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1.25rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .35rem; display: flex; gap: .6rem; align-items: baseline; }
h2 small { font-weight: normal; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-left: auto; }
a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: .2em; }
small, .dim, #state { color: var(--dim); font-size: .85rem; }
#state { margin: .4rem 0 0; }
#state.lost, #detail-state.lost { color: #fff; background: var(--bad); padding: .4rem .75rem; border-radius: .4rem; font-size: 1rem; }
#state.lost ~ main, #state.lost ~ #problems, #state.lost ~ #buses { opacity: .4; }
#buses { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0 0; }
#buses span::before { content: "●"; margin-right: .35em; color: var(--good); }
#buses .bad { color: var(--bad); font-weight: 600; }
#buses .bad::before { color: var(--bad); }
#problems { border-left: .25rem solid var(--bad); background: var(--soft); padding: .6rem 1rem; margin-top: 1rem; border-radius: .25rem; }
#problems h2 { margin: 0; }
#problems ul { margin: .25rem 0 0; padding: 0; list-style: none; }
#controllers ul, #detail-alarms { margin: 0; padding: 0; list-style: none; }
#controllers li { display: grid; grid-template-columns: minmax(12rem, 19rem) 7rem 1fr; gap: 0 1.25rem; border-top: 1px solid var(--line); padding: .35rem 0; align-items: baseline; }
#controllers li > button { color: inherit; font-size: 1rem; text-align: left; overflow-wrap: anywhere; }
#controllers small { display: block; overflow-wrap: anywhere; }
.mode { font-weight: 600; }
.mode.manual, .mode.off { color: var(--doubt); }
.mode.resting { color: var(--dim); }
.mode.fail-safe, .alarm { color: var(--bad); }
.alarm.notice, .alarm.shelved { color: inherit; }
dialog { color: CanvasText; background: Canvas; border: 1px solid var(--line); border-radius: .5rem; width: min(46rem, 100% - 1rem); padding: 1rem 1.25rem; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog h2 { margin: 0; flex: 1; }
dialog > form:first-child { margin: 0; }
dialog label { display: flex; gap: .4rem; align-items: baseline; max-width: 100%; }
dialog label > * { min-width: 0; }
dialog input { width: 9rem; }
#change-why { width: 16rem; }
dialog button { border: 1px solid var(--dim); border-radius: .3rem; padding: .3rem .8rem; text-decoration: none; color: inherit; }
dialog dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dialog dt { color: var(--dim); }
dialog dd { margin: 0; overflow-wrap: anywhere; }
dialog details { margin-top: .5rem; }
dialog details[hidden] { display: none; }
dialog summary { cursor: pointer; color: var(--dim); }
dialog details ul { margin: .2rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
dialog details li { overflow-wrap: anywhere; padding: .1rem 0; }
#detail-plot svg { width: 100%; height: 7rem; display: block; }
#detail-plot .pv { stroke: #1f6fd0; } #detail-plot .out { stroke: var(--doubt); } #detail-plot .set { stroke: var(--dim); stroke-dasharray: 4; }
#detail-plot path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
button:focus-visible, a:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid #1f6fd0; outline-offset: 2px; }
form[hidden], label[hidden] { display: none; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin-top: 1rem; color: var(--dim); }
input, select { font: inherit; padding: .3rem .6rem; }
input { width: 20rem; max-width: 100%; }
.device { display: grid; grid-template-columns: minmax(12rem, 19rem) 1fr auto; gap: 0 1.25rem; border-top: 1px solid var(--line); padding: .35rem 0; align-items: baseline; }
.device > div:first-child { overflow-wrap: anywhere; }
.device small { display: block; }
.values { display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; }
.value { white-space: nowrap; }
.value b { font-weight: 600; font-variant-numeric: tabular-nums; }
.value i { font-style: normal; color: var(--dim); font-size: .85rem; margin-right: .4em; }
.value.bad b { color: #fff; background: var(--bad); border-radius: .25rem; padding: 0 .4em; font-size: .8rem; }
.value.none b { color: var(--dim); }
.value.uncertain b { color: var(--doubt); }
.value.non-critical b { color: var(--doubt); }
.value.critical b, .value.non-recoverable b { color: var(--bad); }
.value.uncertain b::after { content: " ?"; }
.age { color: var(--dim); font-size: .85rem; text-align: right; font-variant-numeric: tabular-nums; min-width: 4rem; }
button { font: inherit; font-size: .85rem; color: var(--dim); background: none; border: 0; padding: 0; text-decoration: underline; cursor: pointer; }
@media (max-width: 45rem) { #controllers li { grid-template-columns: 1fr auto; } #controllers li > :last-child { grid-column: 1 / -1; } .device { grid-template-columns: 1fr auto; } .device .values { grid-row: 2; grid-column: 1 / -1; } nav { margin-left: 0; } }
`;
