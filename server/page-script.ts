/** What the page does with what the site says, without touching the page. */
export const viewScript = String.raw`
const view = {
  /** Synse's symbols as people write them. */
  symbol: (unit) => unit ? ({ C: "°C", F: "°F" })[unit.symbol] ?? unit.symbol : "",

  value(reading) {
    const { value, unit } = reading;
    if (typeof value !== "number") return String(value) + (unit ? " " + view.symbol(unit) : "");
    if (unit && unit.symbol === "s" && value >= 600) return view.span(value);
    const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2;
    const text = value.toLocaleString("en-GB", { maximumFractionDigits: digits, useGrouping: "min2" }).replaceAll(",", "\u202f");
    return unit ? text + "\u202f" + view.symbol(unit) : text;
  },

  /** Seconds for people. */
  span(seconds) {
    if (seconds < 120) return Math.max(0, Math.round(seconds)) + " s";
    const minutes = Math.round(seconds / 60);
    if (minutes < 120) return minutes + " min";
    return Math.floor(minutes / 60) < 48
      ? Math.floor(minutes / 60) + " h " + (minutes % 60) + " min"
      : Math.floor(minutes / 1440) + " d " + (Math.floor(minutes / 60) % 24) + " h";
  },

  quality: ({ context }) => context.reason === "ABSENT" ? "none" : context.quality ?? "good",

  /** Why there is no value, in a few words: what stands in the brackets at the end of the reason. */
  absence({ context }) {
    const why = /\(([^()]*)\)[^()]*$/.exec(context.reason_text ?? "")?.[1].replace(/^the /, "") ?? "";
    if (!/[a-z] [a-z]/.test(why)) return "–";
    return "– " + (why.length > 40 ? why.slice(0, 39) + "…" : why);
  },

  /** How far beyond its limits the equipment says a value is; empty when it is not. */
  alarm: (reading) => view.quality(reading) !== "none" && view.quality(reading) !== "bad"
    && ["non-critical", "critical", "non-recoverable"].includes(reading.context.status) ? reading.context.status : "",

  /** What the equipment itself finds wrong, the worst first. */
  alarms(readings, devices) {
    const names = new Map(devices.map((device) => [device.id, device.alias || device.id]));
    const rank = (reading) => view.alarm(reading) === "non-critical" ? 1 : 0;
    return readings.filter(view.alarm).sort((a, b) => rank(a) - rank(b))
      .map((reading) => (names.get(reading.device) ?? reading.device) + ": " + view.value(reading) + ", " + view.alarm(reading));
  },

  /** What stands before a value: its channel; its type where several values would be alike without it. */
  label(reading, device, count) {
    const { channel } = reading.context;
    if (channel) return channel;
    return reading.type === device.type || (count <= 3 && reading.unit) || count === 1 ? "" : reading.type;
  },

  /** Where a device stands, from its rack and zone tags. */
  place(device) {
    if (device.type === "bus") return "Buses";
    const marks = ["rack", "zone"].flatMap((kind) => device.tags
      .map((tag) => tag.slice(tag.indexOf("/") + 1))
      .filter((tag) => tag.startsWith(kind + ":"))
      .map((tag) => kind[0].toUpperCase() + kind.slice(1) + " " + tag.slice(kind.length + 1)));
    return marks.join(" · ") || "Elsewhere";
  },

  /** The unit a device is a part of: its chassis, or what its alias begins with. */
  unit: ({ alias, tags, type }) => type === "bus" ? "Buses" : view.chassis(tags) ?? (alias.includes(".") ? alias.slice(0, alias.indexOf(".")) : alias || type),

  chassis: (tags) => tags.find((tag) => tag.startsWith("ipmi/chassis:"))?.slice("ipmi/chassis:".length),

  type: ({ type }) => type,

  /** Groups in order of their names, what is nowhere or no equipment last. */
  groups(devices, by) {
    const rank = (name) => name === "Buses" ? 2 : name === "Elsewhere" ? 1 : 0;
    const found = new Map();
    for (const device of devices) {
      const name = view[by](device);
      if (!found.has(name)) found.set(name, []);
      found.get(name).push(device);
    }
    const compare = (a, b) => a.localeCompare(b, "en", { numeric: true });
    for (const members of found.values()) members.sort((a, b) => compare(a.alias, b.alias));
    return [...found].sort(([a], [b]) => rank(a) - rank(b) || compare(a, b));
  },

  /** What is wrong, each reason once, with what it concerns. */
  reasons(bad, devices) {
    const names = new Map(devices.map((device) => [device.id, device.alias || device.id]));
    const found = new Map();
    for (const { device, context } of bad) {
      const one = found.get(context.reason_text) ?? { values: 0, devices: new Set() };
      one.values += 1;
      one.devices.add(names.get(device) ?? device);
      found.set(context.reason_text, one);
    }
    return [...found].map(([text, { values, devices }]) => {
      const [first] = devices;
      const whose = devices.size === 1 ? first : devices.size + " devices";
      return text + " (" + (values === 1 ? "a value" : values + " values") + " of " + whose + ")";
    });
  },

  matches(device, words) {
    const text = [device.alias, device.info, device.type, ...device.tags].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  },
};
`;

/** Draws devices once, then only changes what changed: text can be selected, and nothing flickers. */
const drawing = String.raw`
const $ = (selector) => document.querySelector(selector);
const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
};
const set = (node, text, className) => {
  if (node.textContent !== text) node.textContent = text;
  if (className !== undefined && node.className !== className) node.className = className;
};
const few = 14;
const most = 12;
const period = 2000;
let devices = [];
let latest = new Map();
let drawn = new Map();
const opened = new Set();
let known = "";
let told = "";

function draw() {
  const words = $("#filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  drawn = new Map();
  const shown = devices.filter((device) => view.matches(device, words));
  $("main").replaceChildren(...view.groups(shown, $("#by").value).flatMap(([name, members]) => [
    element("h2", "", name, element("small", "", members.length === 1 ? "1 device" : members.length + " devices")),
    ...members.map(row),
  ]));
  if (shown.length === 0) $("main").append(element("p", "dim", devices.length ? "Nothing matches." : "No devices are configured."));
}

function row(device) {
  const link = element("a", "", device.alias || device.id);
  link.href = "/v3/info/" + encodeURIComponent(device.id);
  const values = element("div", "values");
  const age = element("div", "age");
  drawn.set(device.id, { device, values, age, slots: [] });
  return element("div", "device", element("div", "", link, element("small", "", device.info)), values, age);
}

function fill(entry, now) {
  const { device, values, age, slots } = entry;
  const readings = latest.get(device.id) ?? [];
  const wanted = opened.has(device.id) || readings.length <= few ? readings.length : most;
  if (slots.length !== wanted) {
    slots.length = 0;
    values.replaceChildren(...readings.slice(0, wanted).map((reading) => {
      const label = view.label(reading, device, readings.length);
      const value = element("b");
      const slot = element("span", "value", ...(label ? [element("i", "", label)] : []), value);
      slots.push({ slot, value });
      return slot;
    }));
    if (wanted < readings.length) {
      const more = element("button", "", (readings.length - wanted) + " more");
      more.type = "button";
      more.onclick = () => { opened.add(device.id); fill(entry, now); };
      values.append(more);
    }
    if (readings.length === 0) values.append(element("span", "dim", "takes writes only"));
  }
  slots.forEach(({ slot, value }, i) => {
    const reading = readings[i];
    const quality = view.quality(reading);
    set(value, quality === "bad" ? reading.context.reason : quality === "none" ? view.absence(reading) : view.value(reading));
    const alarm = view.alarm(reading);
    slot.className = "value " + quality + (alarm ? " " + alarm : "");
    slot.title = [reading.type, alarm, reading.context.reason_text, reading.timestamp].filter(Boolean).join("\n");
  });
  const oldest = Math.min(...readings.map((reading) => Date.parse(reading.timestamp)));
  const seconds = (now - oldest) / 1000;
  set(age, readings.length ? view.span(seconds) + " ago" : "", "age");
}

function problems(readings) {
  const bad = readings.filter((reading) => view.quality(reading) === "bad");
  const alarms = view.alarms(readings, devices);
  const lines = [...alarms, ...view.reasons(bad, devices)];
  const text = [...lines.slice(0, 8), ...(lines.length > 8 ? ["and " + (lines.length - 8) + " more"] : [])];
  $("#problems").hidden = text.length === 0;
  if (told !== text.join("\n")) $("#problems ul").replaceChildren(...text.map((line) => element("li", "", line)));
  told = text.join("\n");
  const counts = [alarms.length && alarms.length + " beyond limits", bad.length && bad.length + " bad"].filter(Boolean);
  return counts.join(", ") || "all good";
}

async function json(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10000) });
  if (answer.status === 401) $("#login").hidden = false;
  if (!answer.ok) throw new Error(url + " answers " + answer.status);
  return answer.json();
}

async function refresh() {
  try {
    const [site, scan, readings] = await Promise.all([json("/api/site"), json("/v3/scan"), json("/v3/read")]);
    latest = new Map();
    for (const reading of readings) {
      if (!latest.has(reading.device)) latest.set(reading.device, []);
      latest.get(reading.device).push(reading);
    }
    const text = JSON.stringify(scan);
    if (text !== known) {
      known = text;
      devices = scan;
      draw();
    }
    const now = Date.parse(site.now);
    for (const entry of drawn.values()) fill(entry, now);
    const health = problems(readings);
    $("#buses").replaceChildren(...site.buses.map(({ name, state }) => element("span", state === "open" ? "" : "bad", name + (state === "open" ? "" : " " + state))));
    set($("#state"), devices.length + " devices, " + readings.length + " values, " + health + " · " + new Date().toLocaleTimeString(), "");
  } catch (error) {
    if (!$("#login").hidden) {
      set($("#state"), "Not logged in.", "");
      return;
    }
    set($("#state"), "The site does not answer (" + error.message + "). What is shown is old.", "lost");
  }
  setTimeout(refresh, period);
}

const redraw = () => { draw(); for (const entry of drawn.values()) fill(entry, Date.now()); };
$("#filter").addEventListener("input", redraw);
$("#by").addEventListener("change", redraw);
$("form").addEventListener("submit", (event) => event.preventDefault());
$("#login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { authorization: "Bearer " + $("#token").value.trim() };
  try {
    const answer = await fetch("/api/session", { method: "POST", headers });
    if (answer.ok) location.reload();
    else set($("#state"), (await answer.json()).context, "lost");
  } catch (error) {
    set($("#state"), error.message, "lost");
  }
});
refresh();
`;

export const pageScript = `"use strict";${viewScript}${drawing}`;
