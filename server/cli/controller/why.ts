import { unsure } from "./counted.ts";
import { cut, plain, wrap } from "../show/width.ts";
import { ageText, roundedValue } from "../on-call/texts.ts";
import type { ControllerDetail as Detail, ControllerInput, TargetEntry } from "../../../client/index.ts";

/** Lines of a screen, without the prompt that follows. */
const screenLines = 23;
/** Lines of one input, and of the alarms. */
const mostAlike = 4;
/** Lines of the reason: it is what was asked for. */
const mostReason = 3;
/** Columns in front of what is said. */
const margin = 9;

/**
 * Why the outputs of a controller are what they are, on one screen.
 * @param now of the server @param width columns; Infinity: nothing is cut, nothing of what differs left out
 */
export function whyLines(detail: Detail, now: number, width: number): readonly string[] {
  const parts = sections(detail, now, width);
  const lines = fitted(parts, width === Infinity ? Infinity : screenLines);
  return lines.map((line) => cut(plain(line), Math.max(1, width)));
}

/** Of all that it commands the one about which most is to be said: what somebody stronger than it holds. */
function contested(targets: Detail["targets"]): Detail["targets"] {
  const strength = ({ entries }: Detail["targets"][number]): number =>
    Math.min(Infinity, ...entries.filter(({ inForce }) => inForce).map(({ slot }) => slot));
  return [...targets].sort((a, b) => strength(a) - strength(b)).slice(0, 1);
}

interface Part {
  readonly title: string;
  readonly lines: readonly string[];
  /** So many lines stay however little room there is. */
  readonly least: number;
}

function sections(detail: Detail, now: number, width: number): readonly Part[] {
  const { last, alarms } = detail;
  const shortened = (lines: readonly string[]): readonly string[] =>
    width === Infinity ? lines : few(lines);
  const given = Object.entries(last?.inputs ?? {});
  const longest = Math.max(10, ...given.map(([name]) => name.length));
  const inputs = given.flatMap(([name, all]) =>
    // What is bad comes first: it is what is not alike.
    shortened([...all].sort(byQuality).map((one) => inputLine(name.padEnd(longest), one))),
  );
  const terms = Object.entries(last?.terms ?? {}).map(([name, value]) => {
    const unit = detail.termUnits?.[name];
    return `${name} ${roundedValue(value)}${unit === undefined ? "" : ` ${unit}`}`;
  });
  const about = head(detail, now, width);
  return [
    { title: "", lines: about, least: about.length },
    { title: "outputs", lines: outputLines(detail), least: 1 },
    {
      title: "who wants",
      lines: contested(detail.targets).flatMap(({ entries, name, action }) =>
        entries.map((entry) => entryLine(`${name} ${action}`, entry, now)),
      ),
      least: 2,
    },
    { title: "terms", lines: terms.length === 0 ? [] : [terms.join("  ")], least: 1 },
    { title: "limits", lines: last?.limits ?? [], least: 1 },
    {
      title: "inputs",
      lines: [...shortened((last?.missing ?? []).map((text) => `missing: ${text}`)), ...inputs],
      least: 2,
    },
    {
      title: "alarms",
      lines: shortened(
        alikes(alarms).map(
          (one) => `${one.severity}: ${one.text} (${age(one.since, now)})${unsure(one, now)}`,
        ),
      ),
      least: 2,
    },
    {
      title: "changes",
      lines: detail.events.map((event) => `${age(event.at, now).padStart(6)} ago  ${eventText(event)}`),
      least: 1,
    },
  ];
}

/** As many lines as a handful; how many more there are in place of the others. */
function few(lines: readonly string[]): readonly string[] {
  if (lines.length <= mostAlike) return lines;
  return [...lines.slice(0, mostAlike - 1), more(lines.length - mostAlike + 1)];
}

const more = (count: number): string => `… and ${count} more`;
/** How many a line stands for. */
const standsFor = (line: string): number => Number(/^… and (\d+) more$/.exec(line)?.[1] ?? 1);

const qualities = ["bad", "uncertain"];
const byQuality = (a: ControllerInput, b: ControllerInput): number => rank(a.quality) - rank(b.quality);
const rank = (quality: string): number => {
  const at = qualities.indexOf(quality);
  return at < 0 ? qualities.length : at;
};

/** Alarms that say the same are one. */
function alikes(alarms: Detail["alarms"]): Detail["alarms"] {
  const groups = new Map<string, Detail["alarms"][number][]>();
  for (const alarm of alarms) {
    const key = `${alarm.severity} ${alarm.text}`;
    groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [others.length === 0 ? first : { ...first, text: `${first.text} (${others.length + 1} times)` }];
  });
}

function head(detail: Detail, now: number, width: number): readonly string[] {
  const {
    name,
    definition = "?",
    version = "",
    mode,
    wantedMode,
    modeUntil,
    leader,
    reason,
    fault,
    last,
    shadow,
    probation,
  } = detail;
  const until = modeUntil === undefined ? "" : ` for ${ageText(Date.parse(modeUntil) - now)} more`;
  const asked = wantedMode === mode ? until : ` (${wantedMode} is asked for${until})`;
  const more = [
    ...(shadow === undefined ? [] : [`${shadow} in shadow`]),
    ...(probation === undefined ? [] : [`on probation for ${ageText(Date.parse(probation.until) - now)}`]),
  ];
  return [
    [`${name}: ${mode}${asked}`, `${definition} ${version}`.trim(), ...more].join("   "),
    ...because(fault ?? reason ?? "it has made no step yet", width),
    `leader   ${leader ?? "none"}${last === undefined ? "" : `   (${age(last.at, now)} ago)`}`,
  ];
}

function because(text: string, width: number): readonly string[] {
  const lines = wrap(text, Math.max(1, width - margin));
  const kept = lines.slice(0, mostReason - 1);
  const rest = lines.slice(mostReason - 1).join(" ");
  return [...kept, ...(rest === "" ? [] : [rest])].map(
    (line, at) => `${(at === 0 ? "because" : "").padEnd(margin)}${line}`,
  );
}

/** Those that want the same are one line. */
function outputLines({ last, targets }: Detail): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { output, name, wanted, sent, applied } of last?.outputs ?? []) {
    const target = targets.find((one) => one.output === output && one.name === name);
    const inForce = target?.entries.find((entry) => entry.inForce);
    const text = [
      `${output} ${value(inForce?.value ?? sent ?? applied)}`,
      ...(inForce === undefined ? [] : [inForce.meaning]),
      ...(wanted === undefined || wanted === inForce?.value ? [] : [`wanted ${value(wanted)}`]),
    ].join(", ");
    groups.set(text, [...(groups.get(text) ?? []), name]);
  }
  return [...groups].map(([text, names]) => `${text}: ${names.join(" ")}`);
}

const value = (of: number | string | boolean | undefined): string =>
  of === undefined ? "nothing" : typeof of === "boolean" ? String(of) : roundedValue(of);

const inputLine = (name: string, { quality, value: of, age: old, from, text }: ControllerInput): string =>
  quality === "bad"
    ? `${name} bad: ${text ?? ""} (${from})`
    : `${name} ${value(of).padStart(8)}  ${quality}, ${((old ?? 0) / 1000).toFixed(1)} s old  ${from}`;

function entryLine(
  name: string,
  { inForce, slot, meaning, value: of, who, why, since, expires }: TargetEntry,
  now: number,
): string {
  const ends = expires === undefined ? "" : `, ends in ${ageText(Date.parse(expires) - now)}`;
  const what = `${meaning} ${value(of)} (${age(since, now)}${ends})${inForce ? ` [${name}]` : ""}`;
  return `${inForce ? "→" : " "} ${String(slot).padStart(2)} ${what}  ${who}: ${why}`;
}

const age = (at: string, now: number): string => ageText(now - Date.parse(at));

function eventText({ kind, ...event }: Detail["events"][number]): string {
  const by = (event["by"] ?? {}) as { readonly who?: string; readonly why?: string };
  const told = (key: string): string => {
    const text = event[key];
    return typeof text === "string" ? text : "";
  };
  switch (kind) {
    case "mode":
      return `${told("before")} → ${told("mode")}: ${told("why")}`;
    case "settings":
      return `settings changed by ${by.who ?? ""}: ${by.why ?? ""}`;
    case "swapped": {
      const report = (event["report"] ?? {}) as { readonly from?: string; readonly to?: string };
      return `${report.from ?? ""} → ${report.to ?? ""}, by ${by.who ?? ""}: ${by.why ?? ""}`;
    }
    case "rolled back":
      return `back to ${told("to")}: ${told("why")}`;
    case "acknowledged":
    case "raised":
    case "cleared":
      return `${kind}: ${((event["alarm"] ?? {}) as { readonly text?: string }).text ?? ""}`;
    default:
      return [kind, told("standing"), told("why")].filter((text) => text !== "").join(" ");
  }
}

/** As much of each part as there is room for, what is least important cut first. */
function fitted(parts: readonly Part[], most: number): readonly string[] {
  const shown = parts.filter(({ lines }) => lines.length > 0);
  const room = shown.map(({ lines }) => lines.length);
  const total = (): number => room.reduce((sum, count) => sum + count, 0);
  for (let i = shown.length - 1; i >= 0 && total() > most; i--)
    room[i] = Math.max(Math.min(shown[i]?.least ?? 0, room[i] ?? 0), (room[i] ?? 0) - (total() - most));
  return shown.flatMap(({ title, lines }, i) => {
    const count = room[i] ?? 0;
    const kept = count < lines.length && count > 1 ? count - 1 : count;
    const left = lines.slice(kept).reduce((sum, line) => sum + standsFor(line), 0);
    const told = left > 0 && count > 1 ? [more(left)] : [];
    const suffix = left > 0 && count === 1 ? `  (and ${left} more)` : "";
    return [...lines.slice(0, kept), ...told].map((line, at) =>
      title === "" ? line : `${(at === 0 ? title : "").padEnd(margin)}${line}${suffix}`,
    );
  });
}
