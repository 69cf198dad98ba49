import { systemClock } from "../../../devices/clock.ts";
import { BothyError, type ErrorCode } from "../../../devices/errors.ts";
import { type ChassisStatus, getChassisStatus } from "../../../plugins/ipmi/commands/chassis.ts";
import {
  powerAction,
  type PowerAction,
  type PowerOutcome,
  type PowerStep,
} from "../../../plugins/ipmi/commands/power-action.ts";
import { CannotRun, complain, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { bmcName, onBmc } from "./bmc.ts";
import { type Fact, printFacts } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { mustAgree } from "./prompt.ts";
import { working } from "./working.ts";

export interface PowerOptions extends LoginOptions {
  readonly yes?: boolean;
  readonly thenOff?: boolean;
  /** In ms. */
  readonly wait?: number;
  readonly json?: boolean;
}

export const powerWords = ["status", "on", "off", "cycle", "reset", "soft", "diag"] as const;
export type PowerWord = (typeof powerWords)[number];

const actions: Readonly<Record<Exclude<PowerWord, "status">, PowerAction>> = {
  on: "on",
  off: "off",
  cycle: "cycle",
  reset: "reset",
  soft: "soft-off",
  diag: "diag",
};

/** What it does to the server, for the question. */
const meanings: Readonly<Record<PowerAction, string>> = {
  on: "switch on",
  off: "cut the power of",
  cycle: "cut the power of, and switch on again,",
  reset: "reset",
  "soft-off": "ask the operating system to end on",
  "soft-then-off": "ask the operating system to end, and else cut the power, on",
  diag: "send a diagnostic interrupt (NMI) to",
};

/** Shows the state of the power, or changes it and says what the chassis status showed. */
export async function power(word: PowerWord, options: PowerOptions): Promise<ExitCode> {
  if (options.thenOff === true && word !== "soft")
    throw new CannotRun("--then-off goes with `soft`: `off` cuts the power at once");
  if (word === "status") return status(options);
  const action = options.thenOff === true ? "soft-then-off" : actions[word];
  await mustAgree(`${meanings[action]} ${bmcName(options)}`, options.yes);
  return onBmc(options, "operator", async ({ client, name, signal }) => {
    const done = working(`waiting for ${name}`);
    try {
      const outcome = await powerAction(client, action, {
        ...{ clock: systemClock, signal, ...limitsOf(action, options) },
        onStep: (step) => tell(step, options),
      });
      done();
      if (options.json === true) printJson({ bmc: name, ...outcome });
      else print(`${name}: ${outcomeText(outcome)}`);
      return exit.good;
    } catch (thrown) {
      done();
      if (!isNotDone(thrown)) throw thrown;
      complain(`${name}: ${notDoneText(thrown)}`);
      return exit.fault;
    }
  });
}

const limitsOf = (action: PowerAction, { wait }: PowerOptions): { limit?: number; softLimit?: number } =>
  wait === undefined ? {} : action === "soft-then-off" ? { softLimit: wait } : { limit: wait };

function tell({ did, result }: PowerStep, { json }: PowerOptions): void {
  if (json === true || !process.stderr.isTTY) return;
  complain(
    did === "waited" ? `it has not ended by itself (${result}); the power is cut` : `${did}: ${result}`,
  );
}

const notDone: readonly ErrorCode[] = ["NOT_CONFIRMED", "OUTCOME_UNKNOWN", "WRITE_TIMEOUT"];
const isNotDone = (thrown: unknown): thrown is BothyError =>
  thrown instanceof BothyError && notDone.includes(thrown.code);

function notDoneText({ code, params, message }: BothyError): string {
  return code === "NOT_CONFIRMED"
    ? `it was told to, but is still ${String(params["got"])}; look again with \`bothy ipmi power\``
    : message;
}

export function outcomeText({ action, result, status: { on }, forced, took }: PowerOutcome): string {
  const state = on ? "on" : "off";
  const span = `${(took / 1000).toFixed(1)} s`;
  if (result === "accepted") return `${action} accepted; the power is ${state}, and no status can show more`;
  const how = forced ? ", cut as the operating system did not end" : "";
  return `${state} after ${span}, as the chassis status shows${how}`;
}

async function status(options: PowerOptions): Promise<ExitCode> {
  const found = await onBmc(options, "user", ({ client, signal }) => getChassisStatus(client, { signal }));
  if (options.json === true) printJson(found);
  else printFacts(statusFacts(found));
  return exit.good;
}

const bad = (wrong: boolean): "bad" | undefined => (wrong ? "bad" : undefined);

function statusFacts(found: ChassisStatus): readonly Fact[] {
  const wrong = Object.entries({
    "power overload": found.overload,
    "power fault": found.powerFault,
    "power control fault": found.controlFault,
    interlock: found.interlock,
    "drive fault": found.driveFault,
    "fan fault": found.fanFault,
    "chassis open": found.intrusion,
    "front panel locked": found.lockout,
  }).flatMap(([name, is]) => (is ? [name] : []));
  return [
    ["power", found.on ? "on" : "off", found.on ? "good" : "doubtful"],
    ["faults", wrong.length === 0 ? "none" : wrong.join(", "), bad(wrong.length > 0)],
    ["last change", found.lastEvents.map((event) => changes[event]).join(", ")],
    ["when mains returns", policies[found.restorePolicy]],
    ["identify lamp", found.identify === undefined ? "" : lamps[found.identify]],
    ["buttons off", found.disabledButtons?.join(", ") ?? ""],
  ];
}

const lamps = { off: "off", timed: "on for a while", on: "on" } as const;
const policies = {
  "stay-off": "stays off",
  "as-before": "as it was before",
  on: "switches on",
  unknown: "",
} as const;
const changes = {
  command: "by command",
  fault: "power fault",
  interlock: "interlock",
  overload: "overload",
  "ac-failed": "mains failed",
} as const;
