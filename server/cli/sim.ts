import type { Command } from "commander";
import type { Millis } from "../../devices/clock.ts";
import { formatDuration } from "../../devices/duration.ts";
import { faultSpecs } from "../../simulators/fault-text.ts";
import { askJson } from "./client.ts";
import { whole } from "./numbers.ts";
import { addSimUnitCommand } from "./sim-unit.ts";
import { targetOf, type TargetOptions, withTarget } from "./target.ts";
import { exit, type ExitCode, print, printJson } from "./terminal.ts";

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** A fault as the demonstration tells it; further fields are the kind's own arguments. */
interface Active {
  readonly id: number;
  readonly target: string;
  readonly kind: string;
  readonly since: string;
  readonly probability?: number;
  readonly duration?: Millis;
}

/** `bothy sim`: faults of a running demonstration, and units to try register maps on. */
export function addSimCommands(program: Command, ended: (code: ExitCode) => void): void {
  const sim = program
    .command("sim")
    .description("what goes wrong in a running demonstration; units to try register maps on");
  const shared = (command: Command): Command => withTarget(command).option("--json", "the answer as JSON");
  shared(sim.command("fault"))
    .description("make something fail, e.g. `tray-a silent for 30s`, `dx-1 exception 6`, `site door-open`")
    .addHelpText("after", kinds)
    .argument("<words...>", "target, kind, arguments; then optionally `with probability 20%`, `for 30s`")
    .action(async (words: string[], options: Options) => {
      const asked = { method: "POST", body: { fault: words.join(" ") } };
      show(await askJson<Active>(targetOf(options), "/api/simulator/faults", asked), options);
      ended(exit.good);
    });
  addSimUnitCommand(sim, ended);
  shared(sim.command("faults"))
    .description("list what is failing")
    .action(async (options: Options) => {
      showAll(await askJson<Active[]>(targetOf(options), "/api/simulator/faults"), options);
      ended(exit.good);
    });
  shared(sim.command("clear"))
    .description("end a fault, or all")
    .argument("[id]", "number of the fault, as `faults` lists it", whole(1, 1_000_000_000))
    .action(async (id: number | undefined, options: Options) => {
      const path = `/api/simulator/faults${id === undefined ? "" : `/${id}`}`;
      showAll(await askJson<Active[]>(targetOf(options), path, { method: "DELETE" }), options);
      ended(exit.good);
    });
}

const kinds = `
Kinds:
${Object.entries(faultSpecs)
  .map(([kind, { arguments: list, about }]) => {
    const words = list.map(({ key, required }) => (required ? `<${key}>` : `[${key}]`));
    return `  ${[kind, ...words].join(" ").padEnd(24)} ${about}`;
  })
  .join("\n")}`;

function showAll(faults: readonly Active[], options: Options): void {
  if (options.json === true) printJson(faults);
  else if (faults.length === 0) print("nothing is failing");
  else for (const one of faults) show(one, options);
}

function show(fault: Active, options: Options): void {
  if (options.json === true) printJson(fault);
  else print(faultLine(fault));
}

/** A fault in the words it is asked for in, with its number and when it began. */
export function faultLine({ id, since, target, kind, probability, duration, ...rest }: Active): string {
  const words = Object.entries(rest).map(([key, value]) =>
    key === "delay" && typeof value === "number" ? formatDuration(value) : String(value),
  );
  return [
    `${id} `,
    target,
    kind,
    ...words,
    ...(probability === undefined ? [] : [`with probability ${Math.round(probability * 1000) / 10}%`]),
    ...(duration === undefined ? [] : [`for ${formatDuration(duration)}`]),
    `(since ${since.slice(11, 19)} UTC)`,
  ].join(" ");
}
