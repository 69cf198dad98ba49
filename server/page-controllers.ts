/** What the page makes of what a site says of its controllers, without touching the page. */
export const controllerView = String.raw`
const control = {
  number: (value) => typeof value === "number" ? String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : 1))) : String(value),

  /** What its outputs are at now, alike ones once. */
  outputs({ outputs }) {
    const values = new Map();
    for (const { output, wanted, sent, applied } of outputs) {
      const value = applied ?? sent ?? wanted;
      if (value === undefined) continue;
      if (!values.has(output)) values.set(output, new Set());
      values.get(output).add(control.number(value));
    }
    return [...values].map(([output, all]) => output + " " + (all.size > 3 ? all.size + " values" : [...all].join("/"))).join(", ");
  },

  /** Who commands in its place, until when and why; alike ones once. */
  override({ targets }) {
    const texts = targets.flatMap(({ output, entries }) => entries.filter(({ slot, inForce }) => slot === 8 && inForce).map(({ value, who, why, expires, forced }) => output + " " + control.number(value) + " by " + who + (forced ? ", past its guards," : "") + (expires ? " until " + new Date(expires).toLocaleTimeString() : "") + ": " + why));
    return [...new Set(texts)].join("; ");
  },

  /** What its outputs would be but for limits and for what others want. */
  wanted({ outputs, targets }) {
    const texts = outputs.flatMap(({ output, name, wanted, applied }) => {
      const inForce = targets.find((one) => one.output === output && one.name === name)?.entries.find((entry) => entry.inForce);
      const now = inForce?.value ?? applied;
      return wanted === undefined || wanted === now || control.number(wanted) === control.number(now) ? [] : [output + " " + control.number(wanted)];
    });
    return [...new Set(texts)].join(", ");
  },

  terms: ({ last, termUnits = {} }) => Object.entries(last?.terms ?? {}).map(([name, value]) => name + " " + control.precise(value) + (termUnits[name] ? " " + termUnits[name] : "")).join(" · "),

  precise: (value) => typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value),

  age(at, now) {
    const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
    if (seconds < 120) return seconds + " s";
    return seconds < 7200 ? Math.floor(seconds / 60) + " min" : Math.floor(seconds / 3600) + " h";
  },

  /** Who wants what of its outputs, the strongest first; alike ones once. */
  wants({ targets }, now) {
    const texts = new Map();
    for (const { output, name, entries } of targets)
      for (const { slot, meaning, value, who, why, since, expires, inForce } of entries) {
        const text = (inForce ? "→ " : "") + slot + " " + meaning + ": " + output + " " + control.number(value) + ", for " + control.age(since, now) + (expires ? ", until " + new Date(expires).toLocaleTimeString() : "") + ", " + who + ": " + why;
        texts.set(text, [slot, [...(texts.get(text)?.[1] ?? []), name]]);
      }
    return [...texts].sort(([, [a]], [, [b]]) => a - b).map(([text, [, names]]) => text + (names.length > 1 ? " (" + names.length + " devices)" : " (" + names[0] + ")"));
  },

  /** What is missing, then every input, what is bad first. */
  inputs({ last }) {
    const bad = ({ quality }) => quality === "bad" ? 0 : quality === "good" ? 2 : 1;
    const all = Object.entries(last?.inputs ?? {}).flatMap(([name, list]) => list.map((one) => [name, one]));
    return [
      ...(last?.missing ?? []).map((text) => "missing: " + text),
      ...all.sort(([, a], [, b]) => bad(a) - bad(b)).map(([name, { quality, value, age = 0, from, text }]) => name + " " + (quality === "bad" ? "bad: " + text : control.precise(value) + ", " + quality + ", " + (age / 1000).toFixed(1) + " s old") + " (" + from + ")"),
    ];
  },

  /** What happened to it, the newest first. */
  events: ({ events }, now) => events.map(({ kind, at, by, before, mode, why, alarm, report, from, to, standing }) => control.age(at, now) + " ago: " + (
    kind === "mode" ? before + " → " + mode + ": " + why
    : alarm ? kind + ": " + alarm.text
    : kind === "swapped" ? (report?.from ?? "") + " → " + (report?.to ?? "") + ", by " + (by?.who ?? "") + ": " + (by?.why ?? "")
    : kind === "rolled back" ? "back to " + to + " from " + from + ": " + why
    : kind === "settings" ? "settings changed by " + (by?.who ?? "") + ": " + (by?.why ?? "")
    : [kind, standing, why].filter(Boolean).join(" "))),

  loop: ({ loop }) => loop ? control.number(loop.pv) + " " + loop.unit + (loop.setpoint === undefined ? "" : ", setpoint " + control.number(loop.setpoint) + " " + loop.unit) : "",

  /** Those that somebody must look at. */
  counted: ({ alarms }) => alarms.filter((alarm) => !alarm.shelved && !alarm.partOf && alarm.severity !== "notice"),

  latch: ({ latch }) => !latch ? "" : latch.acknowledged ? " (acknowledged by " + latch.acknowledged.who + ")" : latch.over ? " (is over, not acknowledged)" : " (not acknowledged)",

  unsure: ({ asOf }) => asOf ? " (as of " + new Date(asOf).toLocaleTimeString() + ": not known since)" : "",

  mode: ({ standing, mode }) => standing === "running" ? mode : standing,

  /** Which profile is in force, and until when. */
  profile: ({ profile, until, then }) => profile === undefined ? "" : " · profile " + profile + (until ? " until " + new Date(until).toLocaleTimeString() + ", then " + then : ""),

  /** A line through values as a path of a box 100 wide and 30 high; what is missing leaves a gap. */
  path(values, low, high) {
    const span = high - low || 1;
    let pen = "M";
    return values.map((value, i) => {
      if (typeof value !== "number" || !Number.isFinite(value)) { pen = "M"; return ""; }
      const point = pen + (100 * i / Math.max(1, values.length - 1)).toFixed(2) + " " + (29 - 28 * (value - low) / span).toFixed(2);
      pen = "L";
      return point;
    }).join("");
  },

  /** What a trace shows: measurement, setpoint and output of each step. */
  course(steps, loop) {
    return steps.map(({ terms = {}, outputs }) => ({
      pv: loop ? terms.pv : undefined,
      setpoint: loop ? terms.setpoint ?? loop.setpoint : undefined,
      output: outputs.map(({ applied, sent }) => applied ?? sent).find((value) => typeof value === "number"),
    }));
  },

  /** What one may change of it: modes, outputs, settings with their unit and range. */
  changes(detail) {
    const properties = detail.settingsSchema?.properties ?? {};
    const numbers = Object.entries(properties).filter(([, one]) => one.type === "number");
    const first = numbers.filter(([name]) => /setpoint/i.test(name));
    return [
      { what: "mode", label: "mode", values: ["automatic", "manual", "off"], now: detail.wantedMode },
      ...[...new Set(detail.targets.map(({ output }) => output))].map((output) => ({ what: "override", output, label: "override of " + output, now: "" })),
      ...(detail.targets.some(({ entries }) => entries.some(({ slot }) => slot === 8)) ? [{ what: "release", label: "end overrides", now: "" }] : []),
      ...detail.alarms.filter(({ latch }) => latch && !latch.acknowledged).map(({ id }) => ({ what: "acknowledge", id, label: "acknowledge " + id })),
      ...[...first, ...numbers.filter((one) => !first.includes(one))].map(([name, { unit = "", minimum, maximum }]) => ({
        what: "setting", name, now: detail.settings[name],
        label: name + (unit ? ", " + unit : "") + (minimum === undefined ? "" : " (" + minimum + " to " + maximum + ")"),
      })),
    ];
  },

  /** A change as a request, and as a question. */
  request(controller, change, value, span, why) {
    const path = "/api/controllers/" + encodeURIComponent(controller);
    const number = value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
    switch (change.what) {
      case "mode": return { method: "PUT", path: path + "/mode", body: { mode: value, why, ...(value === "automatic" ? {} : { holdFor: span }) }, text: controller + " is to be " + value + (value === "automatic" ? "" : " for " + span) + "." };
      case "override": return { method: "POST", path: path + "/overrides", body: { output: change.output, value: number, why, holdFor: span }, text: change.output + " of " + controller + " is to be " + value + " for " + span + ", whatever the controller wants." };
      case "release": return { method: "DELETE", path: path + "/overrides?why=" + encodeURIComponent(why), text: controller + " is to command its outputs again." };
      case "acknowledge": return { method: "POST", path: path + "/alarms/" + encodeURIComponent(change.id) + "/acknowledge", body: { why }, text: change.id + " of " + controller + " was seen, and may end." };
      default: return { method: "PATCH", path: path + "/settings", body: { settings: { [change.name]: number }, why, ...(span === "" ? {} : { for: span }) }, text: change.name + " of " + controller + " is to be " + value + " instead of " + change.now + (span === "" ? "" : " for " + span) + "." };
    }
  },
};
`;

/** Draws the list and the detail of one controller, and asks before it changes anything. */
export const controllerScript = String.raw`
const steps = 120;
let shownName = "";
let changes = [];
let asked;
let drawnControllers = "";

async function refreshControllers() {
  try {
    const all = await json("/api/controllers");
    $("#controllers").hidden = all.length === 0;
    if (all.length) set($("#profile"), control.profile(await json("/api/profile")));
    const key = all.map(({ name }) => name).join("\n");
    if (key !== drawnControllers) {
      drawnControllers = key;
      $("#controllers ul").replaceChildren(...all.map(controllerRow));
      follow();
    }
    [...$("#controllers ul").children].forEach((row, i) => fillController(row, all[i]));
    if ($("#detail").open) await drawDetail();
  } catch {
    // The page says already that the site does not answer.
    if (!$("#login").hidden) return;
  }
  setTimeout(refreshControllers, period);
}

/** A link to one: /#controller=NAME */
function follow() {
  const linked = drawnControllers.split("\n").find((name) => location.hash === "#controller=" + encodeURIComponent(name));
  if (linked && !($("#detail").open && shownName === linked)) void showDetail(linked);
}

function controllerRow({ name }) {
  const open = element("button", "", name);
  open.type = "button";
  open.setAttribute("aria-haspopup", "dialog");
  open.onclick = () => showDetail(name);
  return element("li", "", open, element("span"), element("div", "", element("span"), element("small")));
}

function fillController(row, one) {
  const counted = control.counted(one);
  set(row.children[1], control.mode(one), "mode " + (one.standing === "running" ? one.mode : "fail-safe"));
  const [line, why] = row.children[2].children;
  const values = [control.loop(one), control.outputs(one), counted.length ? counted.length + (counted.length === 1 ? " alarm" : " alarms") : ""].filter(Boolean).join(" · ");
  set(line, values, counted.length ? "alarm" : "");
  const reason = one.fault ?? one.reason ?? "no step yet";
  set(why, (one.leader && !reason.includes(one.leader) ? one.leader + ": " : "") + reason);
}

async function showDetail(name) {
  shownName = name;
  asked = undefined;
  for (const id of ["#change-value", "#change-why"]) $(id).value = "";
  $("#confirm").hidden = true;
  $("#change").hidden = true;
  $("#look-only").hidden = true;
  set($("#detail-state"), "", "");
  if (!$("#detail").open) $("#detail").showModal();
  const me = await json("/api/session").catch(() => ({ slots: [] }));
  await drawDetail(true);
  $("#change").hidden = !me.slots.includes(8);
  $("#look-only").hidden = !$("#change").hidden;
}

async function drawDetail(anew) {
  const path = "/api/controllers/" + encodeURIComponent(shownName);
  try {
    const [detail, trace] = await Promise.all([json(path), json(path + "/trace?limit=" + steps)]);
    set($("#detail-title"), detail.name + ": " + control.mode(detail));
    set($("#detail-why"), detail.fault ?? detail.reason ?? "It has made no step yet.");
    $("#detail-plot").innerHTML = plotted(control.course(trace, detail.loop), detail.loop);
    const facts = [["is", detail.definition + " " + detail.version], ["holds", control.loop(detail)], ["outputs", control.outputs(detail)], ["wanted", control.wanted(detail)], ["override", control.override(detail)], ["leader", detail.leader], ["limits", (detail.last?.limits ?? []).join("; ")], ["terms", control.terms(detail)], ["last step", detail.last && control.age(detail.last.at, Date.now()) + " ago"], ["shadow", detail.shadow], ["probation until", detail.probation && new Date(detail.probation.until).toLocaleTimeString()], ["mode until", detail.modeUntil && new Date(detail.modeUntil).toLocaleTimeString()], ["tuning", detail.tuning && detail.tuning.phase + ": " + detail.tuning.text]];
    $("#detail-facts").replaceChildren(...facts.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]));
    $("#detail-alarms").replaceChildren(...detail.alarms.map((one) => element("li", "alarm " + one.severity + (one.shelved || one.partOf ? " shelved" : ""), one.severity + ": " + one.text + (one.shelved ? " (shelved by " + one.shelved.who + ")" : one.partOf ? " (part of " + one.partOf + ")" : "") + control.unsure(one) + control.latch(one))));
    for (const [id, texts] of [["wants", control.wants(detail, Date.now())], ["inputs", control.inputs(detail)], ["events", control.events(detail, Date.now())]]) {
      const part = $("#detail-" + id);
      part.hidden = texts.length === 0;
      set(part.querySelector("summary"), part.dataset.title + " (" + texts.length + ")");
      part.querySelector("ul").replaceChildren(...texts.map((text) => element("li", "", text)));
    }
    const before = $("#change-what").value;
    const texts = changes.map(({ label }) => label).join();
    changes = control.changes(detail);
    if (anew || texts !== changes.map(({ label }) => label).join()) {
      $("#change-what").replaceChildren(...changes.map(({ label }, i) => { const option = element("option", "", label); option.value = String(i); return option; }));
      if (!anew && changes[Number(before)]) $("#change-what").value = before;
      chosen();
    }
  } catch (error) {
    set($("#detail-state"), error.message, "lost");
  }
}

/** Numbers only: nothing a site says becomes markup. */
function plotted(course, loop) {
  const of = (key) => course.map((one) => one[key]);
  const measured = [...of("pv"), ...of("setpoint")].filter(Number.isFinite);
  const low = Math.min(...measured) - 0.2, high = Math.max(...measured) + 0.2;
  const lines = [
    ...(measured.length ? [["pv", of("pv"), low, high], ["set", of("setpoint"), low, high]] : []),
    ["out", of("output"), 0, 100],
  ];
  const label = "The last " + course.length + " steps: " + (measured.length ? "measured " + control.number(Math.min(...of("pv").filter(Number.isFinite))) + " to " + control.number(Math.max(...of("pv").filter(Number.isFinite))) + ", " : "") + "outputs from 0 to 100";
  return '<svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label="' + label + '">' + lines.map(([name, values, from, to]) => '<path class="' + name + '" d="' + control.path(values, from, to) + '"/>').join("") + "</svg><small>blue: measured, dashed: setpoint, brown: output 0 to 100</small>";
}

function chosen() {
  const change = changes[Number($("#change-what").value)];
  if (!change) return;
  const plain = ["release", "acknowledge"].includes(change.what);
  $("#change-value-of").hidden = plain;
  $("#change-span-of").hidden = plain;
  $("#change-always").hidden = change.what !== "setting";
  if (change.what === "setting") $("#change-span").value = "";
  else if ($("#change-span").value === "") $("#change-span").value = "30m";
  $("#change-values").replaceChildren(...(change.values ?? []).map((value) => { const option = element("option"); option.value = value; return option; }));
  $("#change-value").value = change.now === undefined ? "" : String(change.now);
  $("#confirm").hidden = true;
}

$("#change-what").addEventListener("change", chosen);
$("#change").addEventListener("submit", (event) => {
  event.preventDefault();
  asked = control.request(shownName, changes[Number($("#change-what").value)], $("#change-value").value, $("#change-span").value, $("#change-why").value);
  set($("#confirm-text"), asked.text);
  set($("#detail-state"), "", "");
  $("#confirm").hidden = false;
  $("#confirm-yes").focus();
});
$("#confirm-no").addEventListener("click", () => { $("#confirm").hidden = true; $("#change button").focus(); });
$("#confirm").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("#confirm").hidden = true;
  $("#change button").focus();
  try {
    const { method, path, body } = asked;
    const answer = await fetch(path, { method, ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}) });
    set($("#detail-state"), answer.ok ? "Done." : (await answer.json()).context, answer.ok ? "" : "lost");
    if (!answer.ok && !$("#change-value-of").hidden) $("#change-value").select();
    await drawDetail();
  } catch (error) {
    set($("#detail-state"), error.message, "lost");
  }
});
$("#look-only button").addEventListener("click", () => {
  $("#detail").close();
  $("#login").hidden = false;
  $("#token").focus();
});
addEventListener("hashchange", follow);
refreshControllers();
`;
