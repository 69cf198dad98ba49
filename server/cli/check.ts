import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { exit, type ExitCode, print, printJson } from "./terminal.ts";

/** `bothy check` and `bothy schema`: a configuration without opening anything. */
export function addCheckCommands(program: Command, ended: (code: ExitCode) => void): void {
  program
    .command("check")
    .description("say all that is wrong with a configuration and its secrets, and where; opens no line")
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
  const { config, plans, faults } = loadConfig(file, allPlugins, process.env, (named) => readFileSync(named));
  if (json) printJson(faults);
  else if (config === undefined) {
    for (const fault of faults) print(faultText(fault));
  } else {
    const devices = plans.reduce((sum, plan) => sum + plan.devices.length, 0);
    const later = plans.map((plan) => (plan.later === undefined ? "" : `, and those of ${plan.later}`));
    print(
      `${file}: good; site ${config.site.id}, ${plans.length} buses, ${devices} devices${later.join("")}`,
    );
  }
  return config === undefined ? exit.fault : exit.good;
}
