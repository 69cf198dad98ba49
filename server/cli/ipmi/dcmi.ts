import {
  activatePowerLimit,
  getPowerLimit,
  getPowerReading,
  ifDcmi,
  type LimitExceeded,
  type PowerLimit,
  type PowerReading,
  setPowerLimit,
} from "../../../plugins/ipmi/commands/dcmi.ts";
import { ageText } from "../on-call/texts.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Bmc, bmcName, onBmc } from "./bmc.ts";
import { printFacts } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { mustAgree } from "./prompt.ts";

export interface DcmiOptions extends LoginOptions {
  /** In ms. */
  readonly within?: number;
  readonly exceeded?: Extract<LimitExceeded, string>;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const dcmiWords = ["power", "limit"] as const;
export type DcmiWord = (typeof dcmiWords)[number];

/** What the machine draws, and how much it may. @param wanted watts, or `off` */
export async function dcmi(
  word: DcmiWord,
  wanted: number | "off" | undefined,
  options: DcmiOptions,
): Promise<ExitCode> {
  const { within, exceeded } = options;
  if (typeof wanted !== "number" && (within !== undefined || exceeded !== undefined))
    throw new CannotRun("--within and --exceeded go with a limit in watts");
  if (word === "power") {
    if (wanted !== undefined)
      throw new CannotRun("`dcmi power` only shows it; `dcmi limit WATTS` sets a limit");
    return onBmc(options, "user", (bmc) => showPower(bmc, options));
  }
  if (wanted === undefined) return onBmc(options, "user", (bmc) => showLimit(bmc, options));
  const what = wanted === "off" ? "lift the power limit of" : `limit to ${wanted} W the power of`;
  await mustAgree(`${what} ${bmcName(options)}`, options.yes);
  return onBmc(options, "operator", (bmc) => changeLimit(bmc, wanted, options));
}

/** @throws CannotRun when the BMC has no DCMI */
async function having<T>({ name }: Bmc, answer: Promise<T>): Promise<T> {
  const found = await ifDcmi(answer.then((value) => ({ value })));
  if (found === undefined) throw new CannotRun(`${name} knows no DCMI, or not this part of it`);
  return found.value;
}

async function showPower(bmc: Bmc, { json }: DcmiOptions): Promise<ExitCode> {
  const found = await having(bmc, getPowerReading(bmc.client, { signal: bmc.signal }));
  if (json === true) printJson(found);
  else if (found.measuring) showReading(found);
  else print(`${bmc.name}: power is not being measured`);
  return exit.good;
}

function showReading({ watts, minimum, maximum, average, period }: PowerReading): void {
  printFacts([
    ["power", `${watts} W`, "head"],
    ["least", `${minimum} W`],
    ["most", `${maximum} W`],
    ["average", `${average} W`],
    ["over", ageText(period)],
  ]);
}

async function showLimit({ ...bmc }: Bmc, { json }: DcmiOptions): Promise<ExitCode> {
  const found = await having(bmc, getPowerLimit(bmc.client, { signal: bmc.signal }));
  if (json === true) printJson(found ?? null);
  else if (found === undefined) print(`${bmc.name}: no power limit is in force`);
  else
    printFacts([
      ["limit", `${found.watts} W`, "head"],
      ["within", `${found.correction} ms`],
      ["averaged over", `${found.periodSeconds} s`],
      [
        "when exceeded",
        typeof found.exceeded === "object" ? `maker's action ${found.exceeded.oem}` : texts[found.exceeded],
      ],
    ]);
  return exit.good;
}

const texts: Readonly<Record<Extract<LimitExceeded, string>, string>> = {
  none: "nothing",
  "power-off": "power is cut",
  log: "an event is logged",
};

/** What is not said stays as it is, or is what most controllers take. */
const usual: Omit<PowerLimit, "watts"> = { correction: 1000, periodSeconds: 1, exceeded: "log" };

async function changeLimit(bmc: Bmc, wanted: number | "off", options: DcmiOptions): Promise<ExitCode> {
  const { client, signal } = bmc;
  if (wanted !== "off") {
    const before = await having(bmc, getPowerLimit(client, { signal }));
    await setPowerLimit(
      client,
      {
        ...(before ?? usual),
        watts: wanted,
        ...(options.within === undefined ? {} : { correction: options.within }),
        ...(options.exceeded === undefined ? {} : { exceeded: options.exceeded }),
      },
      { signal },
    );
  }
  await having(bmc, activatePowerLimit(client, wanted !== "off", { signal }));
  return showLimit(bmc, options);
}
