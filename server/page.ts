const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The page at `/`: what there is, with current readings. Self-contained; asks nothing of any other host. */
export const page = (site: string, version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(site)} · Bothy</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); --dim: color-mix(in srgb, CanvasText 60%, Canvas); --bad: #c22; --doubt: #b70; }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
  h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
  header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
  nav { display: flex; flex-wrap: wrap; gap: 1rem; margin-left: auto; }
  small, .dim { color: var(--dim); font-size: .85rem; }
  #state { margin: .5rem 0 0; }
  table { border-collapse: collapse; width: 100%; }
  td { border-top: 1px solid var(--line); padding: .25rem .75rem .25rem 0; vertical-align: top; }
  td.value { font-variant-numeric: tabular-nums; white-space: nowrap; text-align: right; width: 10rem; }
  td.what { color: var(--dim); width: 14rem; }
  .bad { color: var(--bad); white-space: normal; text-align: left; } .uncertain { color: var(--doubt); }
  input { font: inherit; padding: .3rem .6rem; width: 18rem; max-width: 100%; margin-top: 1rem; }
</style>
</head>
<body>
<header>
  <h1>${escaped(site)}</h1><small>Bothy ${escaped(version)}</small>
  <nav>
    <a href="/docs">HTTP interface</a><a href="/api/buses">Buses</a><a href="/v3/scan">Scan</a><a href="/v3/read">Read</a><a href="/v3/plugin/health">Health</a>
  </nav>
</header>
<p id="state" class="dim" role="status">Loading…</p>
<input id="filter" type="search" placeholder="Filter by name, type or tag" aria-label="Filter">
<main id="devices"></main>
<noscript><p>Without JavaScript: <a href="/v3/scan">devices</a>, <a href="/v3/read">readings</a>.</p></noscript>
<script>
"use strict";
const main = document.getElementById("devices");
const state = document.getElementById("state");
const filter = document.getElementById("filter");
const json = (url) => fetch(url).then((r) => r.ok ? r.json() : Promise.reject(new Error(url + " answers " + r.status)));
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};
let devices = [];
let latest = new Map();
const groupOf = (device) => {
  const alias = device.alias || device.type;
  return alias.includes(".") ? alias.slice(0, alias.indexOf(".")) : alias;
};
function shown(value) {
  return typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value);
}
function row(device, reading) {
  const tr = element("tr");
  const name = element("td");
  const link = element("a", device.alias || device.id);
  link.href = "/v3/info/" + encodeURIComponent(device.id);
  name.append(link, " ", element("small", device.info));
  const context = reading ? reading.context : {};
  const what = element("td", reading ? [reading.type, context.channel].filter(Boolean).join(" ") : "", "what");
  const value = element("td", undefined, "value");
  if (!reading) value.textContent = "–";
  else if (context.quality === "bad") { value.textContent = context.reason; value.title = context.reason_text; value.classList.add("bad"); }
  else {
    value.textContent = shown(reading.value) + (reading.unit ? " " + reading.unit.symbol : "");
    if (context.quality) { value.classList.add(context.quality); value.title = context.reason_text; }
  }
  tr.append(name, what, value);
  return tr;
}
function draw() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const groups = new Map();
  for (const device of devices) {
    const text = [device.alias, device.info, device.type, ...device.tags].join(" ").toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const group = groupOf(device);
    groups.set(group, [...(groups.get(group) || []), device]);
  }
  main.replaceChildren(...[...groups].sort().flatMap(([group, members]) => {
    const table = element("table");
    const body = table.createTBody();
    members.sort((a, b) => a.alias.localeCompare(b.alias, undefined, { numeric: true }));
    for (const device of members) {
      const readings = latest.get(device.id) || [undefined];
      for (const reading of readings) body.append(row(device, reading));
    }
    return [element("h2", group), table];
  }));
}
async function refresh() {
  try {
    const [scan, readings] = await Promise.all([json("/v3/scan"), json("/v3/read")]);
    devices = scan;
    latest = new Map();
    for (const reading of readings) latest.set(reading.device, [...(latest.get(reading.device) || []), reading]);
    const bad = readings.filter((reading) => reading.context.quality === "bad").length;
    state.textContent = devices.length + " devices, " + readings.length + " readings" + (bad ? ", " + bad + " of them bad" : "") + " · " + new Date().toLocaleTimeString();
    draw();
  } catch (error) {
    state.textContent = "No answer from the site: " + error.message;
  }
  setTimeout(refresh, 2000);
}
filter.addEventListener("input", draw);
refresh();
</script>
</body>
</html>
`;
