import { type Command, InvalidArgumentError, Option } from "commander";
import type { InsecureChoice, PrivilegeName, versions } from "../../../plugins/ipmi/schema.ts";
import { isQuirkName, type QuirkName, quirkNames } from "../../../plugins/ipmi/quirks.ts";
import { collect } from "../on-call/output.ts";
import { whole } from "../numbers.ts";
import { duration } from "./values.ts";

/** Which BMC, and how to get in. */
export interface LoginOptions {
  /** `host` or `host:port`; IPv6 with a port in brackets. */
  readonly host?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly kgFile?: string;
  readonly suite?: number;
  readonly privilege?: PrivilegeName;
  readonly ipmiVersion?: (typeof versions)[number];
  readonly insecure?: readonly InsecureChoice[];
  readonly quirk?: readonly QuirkName[];
  /** In ms. */
  readonly timeout?: number;
  /** What nobody may give: said so when somebody does. */
  readonly password?: string | true;
}

const group = "Which BMC:";
const option = (flags: string, about: string): Option => new Option(flags, about).helpGroup(group);

const insecure: readonly InsecureChoice[] = ["cipher-suite-0", "no-encryption", "no-integrity", "ipmi-1.5"];
const privileges: readonly PrivilegeName[] = ["user", "operator", "administrator"];

export const hostOption = (): Option =>
  option("-H, --host <bmc>", "its address, or address:port (default: $BOTHY_IPMI_HOST, port 623)");

export const timeoutOption = (): Option =>
  option(
    "--timeout <duration>",
    "how long the first answer is waited for; again takes longer (default: 1s)",
  ).argParser(duration(100, 30_000));

/** The options that say which BMC a command asks, and who asks. They may stand before the command too. */
export const withBmc = (command: Command): Command =>
  command
    .addOption(hostOption())
    .addOption(
      option("-U, --user <name>", "who logs in (default: $BOTHY_IPMI_USER); '' is the anonymous user"),
    )
    .addOption(
      option(
        "-f, --password-file <file>",
        "holds the password (else: $BOTHY_IPMI_PASSWORD, or you are asked)",
      ),
    )
    .addOption(
      option("--kg-file <file>", "holds the BMC's own key K_G, as text or 0x and hexadecimal digits"),
    )
    .addOption(
      option(
        "--privilege <level>",
        "what the session may do (default: as little as the command needs)",
      ).choices(privileges),
    )
    .addOption(option("--suite <number>", "cipher suite (default: 17, or else 3)").argParser(whole(0, 17)))
    .addOption(
      option("--ipmi-version <version>", "1.5 for BMCs that know nothing newer (default: 2.0)").choices([
        "2.0",
        "1.5",
      ]),
    )
    .addOption(
      option("--insecure <weakness>", "put up with this weakness")
        .choices(insecure)
        .argParser((text: string, before: readonly string[] | undefined) => collect(weakness(text), before)),
    )
    .addOption(
      option("--quirk <quirk>", "allow for this oddity of the BMC; see docs/ipmi-quirks.md")
        .choices(quirkNames)
        .argParser((text: string, before: readonly string[] | undefined) => collect(quirk(text), before)),
    )
    .addOption(timeoutOption())
    .addOption(new Option("-P, --password [text]", "what nobody may give").hideHelp());

function weakness(text: string): string {
  if ((insecure as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`Allowed choices are ${insecure.join(", ")}.`);
}

function quirk(text: string): string {
  if (isQuirkName(text)) return text;
  throw new InvalidArgumentError(`Allowed choices are ${quirkNames.join(", ")}.`);
}
