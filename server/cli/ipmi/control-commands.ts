import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import type { LimitExceeded } from "../../../plugins/ipmi/commands/dcmi.ts";
import { whole } from "../numbers.ts";
import type { ExitCode } from "../terminal.ts";
import type { BootOptions, BootWord, IdentifyOptions } from "./chassis.ts";
import type { DcmiOptions, DcmiWord } from "./dcmi.ts";
import { withBmc } from "./login.ts";
import type { PowerOptions, PowerWord } from "./power.ts";
import type { RawOptions } from "./raw.ts";
import { byte, duration } from "./values.ts";

const yes = ["-y, --yes", "do not ask whether it is meant"] as const;
const json = ["--json", "as one JSON object"] as const;

/** Those that can change something. */
export function addControlCommands(ipmi: Command, ended: (code: ExitCode) => void): void {
  addPower(ipmi, ended);
  addIdentify(ipmi, ended);
  addBoot(ipmi, ended);
  addDcmi(ipmi, ended);
  addRaw(ipmi, ended);
}

/** The words of a command that does several things; the first one is meant when none is said. */
export const wordArgument = (words: readonly [string, ...string[]], about: string): Argument =>
  new Argument("[what]", about).choices(words).default(words[0]);

function addPower(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("power")
    .description("show the power, or change it and wait until the chassis status shows it")
    .addArgument(wordArgument(["status", "on", "off", "cycle", "reset", "soft", "diag"], "what to do"))
    .option("--then-off", "with `soft`: cut the power when the operating system has not ended in time")
    .option(
      "--wait <duration>",
      "how long it may take (default: 30s; 5m for an operating system to end)",
      duration(1000, 3_600_000),
    )
    .option(...yes)
    .option(...json);
  withBmc(command).addHelpText("after", powerHelp);
  command.action(async (word: PowerWord, _options: PowerOptions, self: Command) => {
    const { power } = await import("./power.ts");
    ended(await power(word, self.optsWithGlobals<PowerOptions>()));
  });
}

const powerHelp = `
  on, off   switch on; cut the power at once
  soft      ask the operating system to end, as its power button does
  cycle     cut the power, and switch on again
  reset     hard reset
  diag      diagnostic interrupt (NMI), for a crash dump

Nothing but on and off is ever sent twice. Ends with 1 when it was not done, or nobody can say.`;

function addIdentify(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("identify")
    .description("let the identify lamp shine: seconds (0 to 255), on, or off")
    .argument("[how-long]", "default: 15", howLong, 15)
    .option(...json);
  withBmc(command).action(async (word: number | "on" | "off", _options: IdentifyOptions, self: Command) => {
    const { identify } = await import("./chassis.ts");
    ended(await identify(word, self.optsWithGlobals<IdentifyOptions>()));
  });
}

function howLong(text: string): number | "on" | "off" {
  if (text === "on" || text === "off") return text;
  return whole(0, 255)(text.replace(/s$/, ""));
}

function addBoot(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("boot")
    .description("show from what the next boot will be, or choose it")
    .addArgument(wordArgument(["status", "pxe", "disk", "cdrom", "bios", "none"], "bios: into its set-up"))
    .option("--persistent", "for every boot, not only the next")
    .option("--efi", "by EFI, not the legacy way")
    .option(...yes)
    .option(...json);
  withBmc(command).action(async (word: BootWord, _options: BootOptions, self: Command) => {
    const { boot } = await import("./chassis.ts");
    ended(await boot(word, self.optsWithGlobals<BootOptions>()));
  });
}

const exceeded: readonly LimitExceeded[] = ["none", "power-off", "log"];

function addDcmi(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("dcmi")
    .description("show what the server draws, or show, set or lift its power limit")
    .addArgument(wordArgument(["power", "limit"], "the draw, or the limit"))
    .argument("[watts]", "the limit, or off", limit)
    .option("--within <duration>", "how soon the draw must be below the limit again", duration(1, 3_600_000))
    .addOption(new Option("--exceeded <action>", "when that fails").choices(exceeded.map(String)))
    .option(...yes)
    .option(...json);
  withBmc(command).action(
    async (word: DcmiWord, wanted: number | "off" | undefined, _options: DcmiOptions, self: Command) => {
      const { dcmi } = await import("./dcmi.ts");
      ended(await dcmi(word, wanted, self.optsWithGlobals<DcmiOptions>()));
    },
  );
}

const limit = (text: string): number | "off" => (text === "off" ? text : whole(1, 65_535)(text));

function addRaw(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("raw")
    .description("send any command, and print the bytes of its answer")
    .argument("<netfn>", "network function of a request, e.g. 0x06")
    .argument("<command>", "e.g. 0x01")
    .argument("[byte...]", "data")
    .option("--lun <number>", "logical unit (default: 0)", whole(0, 3))
    .option("--target <byte>", "address of a controller behind the BMC, e.g. 0x2c", evenByte)
    .option("--channel <number>", "its channel (default: 0)", whole(0, 15))
    .option("--repeatable", "send it again when no answer comes: doing it twice does no harm")
    .option(...json);
  withBmc(command).addHelpText("after", rawHelp);
  command.action(
    async (netFn: string, number: string, data: readonly string[], _options: RawOptions, self: Command) => {
      const { raw } = await import("./raw.ts");
      ended(await raw([netFn, number, ...data], self.optsWithGlobals<RawOptions>()));
    },
  );
}

const rawHelp = `
Bytes are decimal, or hexadecimal after 0x. Ends with 1 when the BMC answers with a
completion code other than 00h.

Example:
  bothy ipmi raw 0x06 0x01 -H 10.0.0.11 -U monitor --privilege user`;

function evenByte(text: string): number {
  const value = byte(text);
  if (value % 2 === 0) return value;
  throw new InvalidArgumentError("Addresses of controllers are even.");
}
