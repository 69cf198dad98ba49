import { controllerScript, controllerView } from "./page-controllers.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The page at `/`: what there is, with current readings. Self-contained; asks nothing of any other host. */
export const page = (site: string, version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(site)} · Bothy</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<header>
  <h1>${escaped(site)}</h1><small>Bothy ${escaped(version)}</small>
  <nav>
    <a href="/docs">HTTP interface</a><a href="/api/buses">Buses</a><a href="/v3/scan">Devices</a><a href="/v3/read">Readings</a><a href="/v3/plugin/health">Health</a>
  </nav>
</header>
<p id="state" role="status">Loading…</p>
<p id="buses"></p>
<section id="problems" hidden><h2>Needs a look</h2><ul></ul></section>
<section id="controllers" aria-labelledby="controllers-title" hidden>
  <h2 id="controllers-title">Controllers<span id="profile"></span></h2>
  <ul></ul>
</section>
<form>
  <input id="filter" type="search" placeholder="Filter by name, type or tag" aria-label="Filter">
  <label>Group by <select id="by"><option value="place">place</option><option value="unit">unit</option><option value="type">type</option></select></label>
</form>
<main></main>
<dialog id="detail" aria-labelledby="detail-title">
  <form method="dialog"><h2 id="detail-title"></h2><button aria-label="Close">Close</button></form>
  <p id="detail-why"></p>
  <div id="detail-plot"></div>
  <dl id="detail-facts"></dl>
  <ul id="detail-alarms"></ul>
  <details id="detail-wants" data-title="Who wants what" open><summary></summary><ul></ul></details>
  <details id="detail-inputs" data-title="Inputs"><summary></summary><ul></ul></details>
  <details id="detail-events" data-title="What changed last"><summary></summary><ul></ul></details>
  <form id="change">
    <label>Change <select id="change-what"></select></label>
    <label id="change-value-of">to <input id="change-value" list="change-values" autocomplete="off"><datalist id="change-values"></datalist></label>
    <label id="change-span-of">for <select id="change-span"><option id="change-always" value="" hidden>until changed</option><option>10m</option><option selected>30m</option><option>1h</option><option>4h</option></select></label>
    <label>because <input id="change-why" maxlength="500" placeholder="the reason, for whoever asks later" required></label>
    <button>Ask for it</button>
  </form>
  <p id="look-only" hidden>You may look, not change. <button type="button">Log in as somebody else</button></p>
  <form id="confirm" hidden><p id="confirm-text"></p><button id="confirm-yes">Yes, do it</button> <button type="button" id="confirm-no">No</button></form>
  <p id="detail-state" role="status"></p>
</dialog>
<form id="login" hidden>
  <p>This site asks who you are. A token is made with <code>bothy token create</code>.</p>
  <input id="token" type="password" autocomplete="off" placeholder="bothy_…" aria-label="Token" required>
  <button>Log in</button>
</form>
<noscript><p>Without JavaScript: <a href="/v3/scan">devices</a>, <a href="/v3/read">readings</a>.</p></noscript>
<script>${pageScript}${controllerView}${controllerScript}</script>
</body>
</html>
`;
