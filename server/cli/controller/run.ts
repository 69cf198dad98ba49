import { numbered } from "../../../devices/numbered.ts";
import { toJson } from "../../json.ts";
import type {
  ControllerDetail,
  ControllerStep,
  ControllerSummary,
  TemporarySetting,
  WantedMode,
} from "../../../client/index.ts";
import { onServer, ownOnly, type Server } from "../client.ts";
import { type Field, type OutputOptions, printList, screenOf } from "../on-call/output.ts";
import type { Style } from "../show/table.ts";
import { localTime, roundedValue } from "../on-call/texts.ts";
import { plain } from "../show/width.ts";
import type { TargetOptions } from "../target.ts";
import { CannotRun, complain, exit, type ExitCode, interrupted, print, printJson } from "../terminal.ts";
import { counts } from "./counted.ts";
import { whyLines } from "./why.ts";

export interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly why?: string;
  readonly for?: string;
}

/** What it commands; in fail-safe what is in force. Of outputs it has given up nothing: they are somebody else's. */
const wants = ({ mode, outputs }: Pick<ControllerSummary, "mode" | "outputs">): string => {
  const texts = outputs.flatMap(({ output, wanted, sent, applied }) => {
    const value = wanted ?? (mode === "fail-safe" ? (sent ?? applied) : undefined);
    return value === undefined ? [] : [`${output} ${roundedValue(value)}`];
  });
  return [...new Set(texts)].join(", ");
};

const whyOf = ({ fault, reason }: ControllerSummary): string => fault ?? reason ?? "it has made no step yet";

const modeStyles: Readonly<Record<ControllerSummary["mode"], Style>> = {
  automatic: "good",
  manual: "doubtful",
  off: "doubtful",
  resting: "faint",
  "fail-safe": "bad",
};

const fields: readonly Field<ControllerSummary>[] = [
  { name: "CONTROLLER", narrow: "wrap", importance: 9, text: ({ name }) => name },
  {
    name: "MODE",
    narrow: "cut",
    importance: 8,
    text: ({ mode, standing }) => (standing === "running" ? mode : standing),
    style: ({ mode, standing }) => (standing === "running" ? modeStyles[mode] : "bad"),
  },
  { name: "OUTPUT", narrow: "wrap", importance: 7, text: wants },
  { name: "LEADER", narrow: "drop", importance: 4, text: ({ leader = "" }) => leader },
  {
    name: "ALARMS",
    narrow: "cut",
    importance: 6,
    align: "right",
    text: ({ alarms }) => String(alarms.filter(counts).length || ""),
    style: () => "bad",
  },
  { name: "WHY", narrow: "wrap", importance: 5, min: 16, text: whyOf },
  {
    name: "VERSION",
    narrow: "drop",
    importance: 3,
    text: ({ definition = "", version = "" }) => `${definition} ${version}`.trim(),
  },
];

/** Ends with 1 when one is in fail-safe or does not run. */
export async function list(options: Options & OutputOptions): Promise<ExitCode> {
  const all = await onServer(options, (server) =>
    ownOnly(server.target, "controllers", server.client.controllers.list()),
  );
  printList(fields, all, options);
  return all.every(({ standing, mode }) => standing === "running" && mode !== "fail-safe")
    ? exit.good
    : exit.fault;
}

export const why = (name: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const detail = await detailOf(server, name);
    if (options.json === true) printJson(detail);
    else for (const line of whyLines(detail, server.now(), whyWidth())) print(line);
    return exit.good;
  });

/** One screen also in a pipe that says how wide what is behind it is, as `watch` and pagers do. */
function whyWidth(): number {
  const { people, width } = screenOf();
  const columns = Number(process.env["COLUMNS"]);
  return people || !Number.isInteger(columns) || columns < 1 ? width : columns;
}

export const show = (name: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const detail = await detailOf(server, name);
    if (options.json === true) printJson(detail);
    else for (const line of showLines(detail)) print(plain(line));
    return exit.good;
  });

function showLines(detail: ControllerDetail): readonly string[] {
  const { stepTime, settings, settingsSchema, temporary, failSafe = {}, lastFailure } = detail;
  const facts: readonly (readonly [string, string])[] = [
    ["controller", detail.name],
    ["is", `${detail.definition ?? ""} ${detail.version ?? ""}: ${detail.summary ?? ""}`],
    ["version", detail.versionId],
    ["mode", detail.mode],
    ["standing", [detail.standing, detail.fault ?? ""].filter((text) => text !== "").join(": ")],
    ["period", `${detail.period / 1000} s`],
    ["steps", `${detail.steps}, ${detail.missed} missed, ${detail.failures} failed`],
    ...(stepTime === undefined
      ? []
      : [
          [
            "took",
            `p50 ${ms(stepTime.p50)}, p95 ${ms(stepTime.p95)}, p99 ${ms(stepTime.p99)}, most ${ms(stepTime.max)}`,
          ] as const,
        ]),
    ...(lastFailure === undefined ? [] : [["failure", `${lastFailure.at}: ${lastFailure.text}`] as const]),
    [
      "fail-safe",
      Object.entries(failSafe)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(", "),
    ],
  ];
  const rows = Object.entries(settings).map(([key, value]) => {
    const { minimum, maximum, unit = "", description = "" } = propertyOf(settingsSchema, key);
    const range = minimum === undefined ? "" : `${toJson(minimum)}..${toJson(maximum ?? "")}`;
    return `  ${key.padEnd(22)} ${toJson(value).padStart(8)} ${String(unit).padEnd(4)} ${range.padEnd(12)} ${String(description)}${untilText(temporary[key])}`;
  });
  return [
    ...facts.map(([key, text]) => `${key.padEnd(12)}${text}`),
    "settings",
    ...rows,
    "bound to",
    ...detail.targets.map(({ output, name, action }) => `  ${output.padEnd(12)} ${name} ${action}`),
  ];
}

export const ms = (span: number): string => `${Number(span.toPrecision(3))} ms`;

export interface TraceOptions extends Options {
  readonly follow?: boolean;
  readonly limit: string;
  readonly from?: string;
  readonly to?: string;
}

export const trace = (name: string, options: TraceOptions): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const write = (step: ControllerStep): void =>
      print(options.json === true ? toJson(step) : plain(stepLine(step)));
    const limit = countOf(options.limit);
    if (options.follow === true) await followed(server, name, limit, write);
    else {
      const { from, to } = options;
      const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
      for (const step of await server.client.controllers.trace(name, { limit, ...range })) write(step);
    }
    return exit.good;
  });

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new CannotRun(`--limit: "${text}" is no whole number above 0`);
}

const stepLine = (step: ControllerStep): string =>
  [
    localTime(step.at),
    step.mode.padEnd(9),
    wants(step).padEnd(14),
    step.leader === undefined ? "" : `[${step.leader}]`,
    step.reason,
  ]
    .filter((text) => text !== "")
    .join("  ");

async function followed(
  { client }: Server,
  name: string,
  limit: number,
  write: (step: ControllerStep) => void,
): Promise<void> {
  const signal = interrupted();
  try {
    for await (const item of client.controllers.follow(name, { limit, signal }))
      if (item.kind === "step") write(item.step);
      else complain(`${numbered(item.count, "step was", "steps were")} left out: this end is too slow`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** @throws what the client throws; CannotRun when it is no Bothy site */
export const detailOf = ({ target, client }: Server, name: string): Promise<ControllerDetail> =>
  ownOnly(target, "controllers", client.controllers.get(name));

type Property = Readonly<Record<string, unknown>>;
const propertyOf = (schema: ControllerDetail["settingsSchema"], key: string): Property =>
  (schema as { readonly properties?: Readonly<Record<string, Property>> } | undefined)?.properties?.[key] ??
  {};

export const reasonOf = ({ why: text }: Options): { readonly why?: string } =>
  text === undefined ? {} : { why: text };

export const mode = (name: string, wanted: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const summary = await server.client.controllers.setMode(name, {
      mode: wanted as WantedMode,
      ...reasonOf(options),
      ...(options.for === undefined ? {} : { holdFor: options.for }),
    });
    const until = summary.modeUntil === undefined ? "" : `, until ${localTime(summary.modeUntil)}`;
    print(`${name}: ${summary.wantedMode}${until}`);
    sayUnkept(summary);
    return exit.good;
  });

export const restart = (name: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const { controllers } = server.client;
    const { standing, mode: now } = await controllers.restart(name, reasonOf(options));
    print(`${name}: ${standing}, ${now}`);
    return exit.good;
  });

export const set = (name: string, pairs: readonly string[], options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const settings = Object.fromEntries(pairs.map(pair));
    const answer = await server.client.controllers.change(name, settings, {
      ...reasonOf(options),
      ...(options.for === undefined ? {} : { for: options.for }),
    });
    for (const key of Object.keys(settings))
      print(`${key} ${toJson(answer.settings[key])}${untilText(answer.temporary[key])}`);
    sayUnkept(answer);
    return exit.good;
  });

/** Whoever changed something expects it to be so after a restart, too. */
export function sayUnkept({ unkept }: { readonly unkept?: string }): void {
  if (unkept !== undefined) print(plain(`not kept, so a restart would not know of it: ${unkept}`));
}

const untilText = (held: TemporarySetting | undefined): string =>
  held === undefined ? "" : `, until ${localTime(held.until)}, then ${toJson(held.then)}`;

function pair(text: string): readonly [string, unknown] {
  const [, key = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === "") throw new CannotRun(`"${text}" is no setting: write key=value`);
  try {
    return [key, JSON.parse(value) as unknown];
  } catch {
    return [key, value];
  }
}

export interface OverrideOptions extends Options {
  readonly output?: string;
  readonly only?: string;
  readonly force?: boolean;
}

export const override = (
  name: string,
  given: string | undefined,
  options: OverrideOptions,
): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const [, before, after = given] = /^([A-Za-z]\w*)=(.*)$/.exec(given ?? "") ?? [];
    const { output = before, only } = options;
    const value = options.output === undefined ? after : given;
    type Done = readonly { readonly name: string; readonly action: string }[];
    const told = (text: string, done: Done): void => {
      for (const one of done) print(`${one.name} ${one.action}: ${text}`);
    };
    const which = {
      ...(output === undefined ? {} : { output }),
      ...(only === undefined ? {} : { device: only }),
    };
    const { controllers } = server.client;
    if (value === undefined) {
      const done = await controllers.endOverride(name, { ...which, ...reasonOf(options) });
      told("given back to the controller", done);
      if (done.length === 0) print(`${name}: nothing is overridden`);
      return exit.good;
    }
    const { force = false } = options;
    if (force && options.why === undefined)
      throw new CannotRun("--force passes what protects a device: say the reason with --why");
    const number = Number(value);
    const body = {
      value: value.trim() !== "" && Number.isFinite(number) ? number : value,
      why: options.why ?? "bothy controller override",
      ...which,
      ...(options.for === undefined ? {} : { holdFor: options.for }),
      ...(force ? { force } : {}),
    };
    const made = await controllers.override(name, body);
    const past = force ? ", past its guards" : "";
    for (const one of made) {
      const waits = one.waitsFor === undefined ? "" : `; waits for ${one.waitsFor}`;
      print(plain(`${one.name} ${one.action}: ${value} for ${options.for ?? "30m"}${past}${waits}`));
    }
    return exit.good;
  });
