import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../devices/clock.ts";
import { numbered } from "../../devices/numbered.ts";
import { type LinkPlan, silentLog } from "../../devices/plugin.ts";
import type { LocatedFault } from "../config.ts";
import { exit, type ExitCode, print, printJson } from "./terminal.ts";

/** `bothy check` and `bothy schema`: a configuration without opening anything. */
export function addCheckCommands(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("check")
    .description(
      "say all that is wrong with a configuration, its secrets and its controllers, and where; opens no line",
    )
    .argument("<file>", "the site's configuration")
    .option("--json", "faults as a JSON list")
    .action(async (file: string, options: { json?: boolean }) =>
      ended(await check(file, options.json === true)),
    );
  program
    .command("schema")
    .description("print the JSON Schema of the configuration, for editors")
    .action(async () => {
      const { siteSchema, allPlugins } = await configuration();
      print(JSON.stringify(siteSchema(allPlugins), undefined, 2));
      ended(exit.good);
    });
}

/** Every plugin takes longer to load than most commands take to run. */
const configuration = async () => ({ ...(await import("../config.ts")), ...(await import("./load.ts")) });

async function check(file: string, json: boolean): Promise<ExitCode> {
  const { allPlugins, faultText, loadConfig, mustBeFile } = await configuration();
  mustBeFile(file);
  const { plans, ...read } = loadConfig(file, allPlugins, process.env, (named) => readFileSync(named));
  const { config } = read;
  const told = [...read.faults, ...(await faultsOfFiles(file, plans))];
  const faults = told.filter(({ isNote }) => isNote !== true);
  if (json) printJson(told);
  else for (const one of told) print(faultText(one));
  if (!json && faults.length === 0 && config !== undefined) {
    const devices = plans.reduce((sum, plan) => sum + plan.devices.length, 0);
    const later = plans.map((plan) => (plan.later === undefined ? "" : `, and those of ${plan.later}`));
    print(
      `${file}: good; site ${config.site.id}, ${numbered(plans.length, "bus", "buses")}, ${numbered(devices, "device")}${later.join("")}`,
    );
  }
  return faults.length > 0 ? exit.fault : exit.good;
}

/** Loads the controllers the site's owner wrote, and binds them. */
async function faultsOfFiles(file: string, plans: readonly LinkPlan[]): Promise<readonly LocatedFault[]> {
  const { furtherFaults } = await configuration();
  return furtherFaults(file, process.env, async (value) => {
    const { controllers: section, profiles } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (section === undefined) return [];
    const { controllerFileFaults } = await import("../controllers/file-faults.ts");
    const { siteLoader } = await import("../controllers/loader.ts");
    const { shipped } = await import("../../controllers/shipped/index.ts");
    const loader = siteLoader({ clock: systemClock, log: silentLog, shipped });
    return controllerFileFaults(section, { loader, folder: dirname(resolve(file)), plans, profiles });
  });
}
