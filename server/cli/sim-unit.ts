import type { Command } from "commander";
import { portNumber, whole } from "./numbers.ts";
import type { ExitCode } from "./terminal.ts";
import type { Options } from "./sim-unit-run.ts";

/** `bothy sim unit`: one unit that holds the registers of a file, to try a register map on. */
export function addSimUnitCommand(sim: Command, ended: (code: ExitCode) => void): void {
  sim
    .command("unit")
    .description("answer as a unit that holds the registers of a file, e.g. of a golden case")
    .argument("<file>", "registers: YAML, e.g. `input: { 1: [0x00EB, 612] }`")
    .option("--unit <number>", "its unit id", whole(1, 247), 1)
    .option(
      "--tcp-port <number>",
      "serve Modbus TCP on this port of 127.0.0.1; 0: any free one",
      portNumber,
      5020,
    )
    .option("--port <path>", "serve RTU instead, on a pseudo-terminal that gets this name")
    .option("--baud <number>", "speed of that line", whole(300, 4_000_000), 9600)
    .action(async (file: string, options: Options) => {
      const { simulate } = await import("./sim-unit-run.ts");
      ended(await simulate(file, options));
    });
}
