import type { Command } from "commander";
import { ask, defaultServer } from "./client.ts";
import { addSimUnitCommand } from "./sim-unit.ts";
import { exit, type ExitCode, print, printJson } from "./terminal.ts";

interface Options {
  readonly server: string;
  readonly json?: boolean;
}

interface Active {
  readonly id: number;
  readonly text?: string;
}

/** `bothy sim`: faults of a running demonstration, and units to try register maps on. */
export function addSimCommands(program: Command, ended: (code: ExitCode) => void): void {
  const sim = program
    .command("sim")
    .description("what goes wrong in a running demonstration; units to try register maps on");
  const shared = (command: Command): Command =>
    command
      .option("--server <url>", "the running demonstration", defaultServer)
      .option("--json", "the answer as JSON");
  shared(sim.command("fault"))
    .description("make something fail, e.g. `tray-a silent for 30s`, `dx-1 exception 6`, `site door-open`")
    .argument("<words...>", "target, kind, arguments; then optionally `with probability 20%`, `for 30s`")
    .action(async (words: string[], options: Options) => {
      const body = JSON.stringify({ fault: words.join(" ") });
      const answer = await ask(options.server, "/api/simulator/faults", { method: "POST", body });
      show(await answer.json(), options);
      ended(exit.good);
    });
  addSimUnitCommand(sim, ended);
  shared(sim.command("faults"))
    .description("list what is failing")
    .action(async (options: Options) => {
      const list = (await (await ask(options.server, "/api/simulator/faults")).json()) as Active[];
      if (options.json === true) printJson(list);
      else if (list.length === 0) print("nothing is failing");
      else for (const one of list) show(one, options);
      ended(exit.good);
    });
  shared(sim.command("clear"))
    .description("end a fault, or all")
    .argument("[id]", "number of the fault")
    .action(async (id: string | undefined, options: Options) => {
      const path = `/api/simulator/faults${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;
      const answer = await ask(options.server, path, { method: "DELETE" });
      if (options.json === true) printJson(await answer.json());
      ended(exit.good);
    });
}

function show(fault: unknown, options: Options): void {
  if (options.json === true) printJson(fault);
  else {
    const { id, ...fields } = fault as Active & Record<string, unknown>;
    print(
      `${id}  ${Object.entries(fields)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(", ")}`,
    );
  }
}
