import type { Command } from "commander";
import type { ExitCode } from "../terminal.ts";
import { addControlCommands } from "./control-commands.ts";
import { withBmc } from "./login.ts";
import { addShowCommands } from "./show-commands.ts";

/** `bothy ipmi`: any server by its BMC, without a site. */
export function addIpmiCommands(program: Command, ended: (code: ExitCode) => void): void {
  const ipmi = program
    .command("ipmi")
    .description("look after a server by its BMC: sensors, power, event log, inventory")
    .usage("COMMAND -H BMC -U USER [options]")
    .helpCommand(false)
    .addHelpText("after", examples);
  withBmc(ipmi);
  // They may stand here too; the help of each command has them, where they are looked for.
  for (const option of ipmi.options) option.hideHelp();
  addShowCommands(ipmi, ended);
  addControlCommands(ipmi, ended);
}

const examples = `
\`bothy ipmi COMMAND --help\` says the rest: which BMC, and how to get in.
A password is never given on the command line. It comes from --password-file, from
$BOTHY_IPMI_PASSWORD, or you are asked.

Examples:
  bothy ipmi sensors -H 10.0.0.11 -U monitor
  bothy ipmi sensors -H 10.0.0.11 -U monitor --type temperature --strict
  bothy ipmi power off -H 10.0.0.11 -U operator --yes
  bothy ipmi power soft --then-off --wait 3m -H 10.0.0.11 -U operator
  bothy ipmi scan 10.0.0.0/24`;
