import type { Client, ProposedSetting, TuneRequest, Tuning } from "../../../client/index.ts";
import { seconds, systemClock } from "../../../devices/clock.ts";
import { onServer } from "../client.ts";
import { localTime, roundedValue } from "../on-call/texts.ts";
import { sparkline } from "../show/sparkline.ts";
import { plain } from "../show/width.ts";
import { CannotRun, exit, type ExitCode, interrupted, print, printJson } from "../terminal.ts";
import { type Options, reasonOf } from "./run.ts";

export interface TuneOptions extends Options {
  readonly method?: "relay" | "step";
  readonly centre?: string;
  readonly height?: string;
  readonly least?: string;
  readonly most?: string;
  readonly furthest?: string;
  readonly hysteresis?: string;
  readonly longest?: string;
  readonly apply?: boolean;
}

const lookEvery = seconds(2);

/** Ends with 1 when nothing came of it. Interrupted, it calls the trial off first. */
export const tune = (name: string, options: TuneOptions): Promise<ExitCode> =>
  onServer(options, async ({ client }) => {
    const began = await client.controllers.tune(name, requestOf(options));
    const people = options.json !== true;
    if (people)
      print(
        `${name}: moves ${began.output} around ${began.centre} % by ${began.height} %, within ${began.least}..${began.most} %; Ctrl-C calls it off`,
      );
    const status = await ended(client, began, people ? tellOf() : () => undefined);
    const { phase, text, proposal = [] } = status;
    if (!people) printJson(status);
    else for (const line of resultLines(name, status, options.apply === true)) print(plain(line));
    if (phase !== "done") return exit.fault;
    if (options.apply === true) {
      const settings = Object.fromEntries(proposal.map((one) => [one.name, one.value]));
      await client.controllers.change(name, settings, {
        why: options.why ?? `tuned by ${status.method}: ${text}`,
      });
      if (people) print("in force now");
    }
    return exit.good;
  });

function requestOf(options: TuneOptions): TuneRequest {
  const { method, longest } = options;
  const numbers = (["centre", "height", "least", "most", "furthest", "hysteresis"] as const).flatMap(
    (key) => {
      const text = options[key];
      if (text === undefined) return [];
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value))
        throw new CannotRun(`--${key}: "${text}" is no number`);
      return [[key, value] as const];
    },
  );
  return {
    ...Object.fromEntries(numbers),
    ...(method === undefined ? {} : { method }),
    ...(longest === undefined ? {} : { longest }),
    ...reasonOf(options),
  };
}

async function ended(client: Client, began: Tuning, tell: (status: Tuning) => void): Promise<Tuning> {
  const signal = interrupted();
  const { controllers } = client;
  for (let status = began; ; status = await controllers.tuning(began.controller)) {
    // Somebody else's, begun since, is not waited for.
    if (status.ended !== undefined || status.since !== began.since) return status;
    tell(status);
    await systemClock.sleepUntil(systemClock.monotonic() + lookEvery, signal);
    if (signal.aborted) return await controllers.endTuning(began.controller);
  }
}

/** A line for everything that is new, not for every look. */
function tellOf(): (status: Tuning) => void {
  let told = "";
  let at = -Infinity;
  return ({ phase, text, cycles = 0 }) => {
    const key = `${phase} ${cycles}`;
    const now = systemClock.monotonic();
    if (key === told && now - at < seconds(30)) return;
    told = key;
    at = now;
    print(plain(`${localTime(new Date(systemClock.now()).toISOString())}  ${phase}: ${text}`));
  };
}

function resultLines(
  name: string,
  { phase, text, plant, proposal = [], course }: Tuning,
  applies: boolean,
): readonly string[] {
  const curve = sparkline(
    course.map(({ pv }) => pv),
    60,
  );
  const found =
    plant === undefined
      ? []
      : [
          `plant      ${roundedValue(plant.gain)} per %, time constant ${roundedValue(plant.tau)} s, dead time ${roundedValue(plant.theta)} s, explains ${(100 * plant.explained).toFixed(0)} %`,
        ];
  const lines = [
    `${phase === "done" ? "found" : "nothing came of it"}: ${text}`,
    `measured   ${curve}`,
    ...found,
  ];
  if (phase !== "done") return lines;
  const pairs = proposal.map((one) => `${one.name}=${one.value}`).join(" ");
  return [
    ...lines,
    ...proposal.map(proposalLine),
    ...(applies
      ? []
      : [`not in force: \`bothy controller set ${name} ${pairs}\` puts it there, as --apply does`]),
  ];
}

function proposalLine({ name, value, unit, before, minimum, maximum, limited }: ProposedSetting): string {
  const range =
    minimum === undefined ? "" : `  (${minimum}..${maximum ?? ""}${limited ? ": cut to it" : ""})`;
  return `${name.padEnd(16)} ${roundedValue(before)} → ${roundedValue(value)} ${unit}${range}`;
}
