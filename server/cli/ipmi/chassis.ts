import {
  type BootDevice,
  type BootSettings,
  clearBootFlags,
  getBootFlags,
  setBootFlags,
} from "../../../plugins/ipmi/commands/boot.ts";
import { identify as shine } from "../../../plugins/ipmi/commands/identify.ts";
import { effectsOf } from "../../../plugins/ipmi/quirks.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Bmc, bmcName, onBmc } from "./bmc.ts";
import { printFacts, yesNo } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { mustAgree } from "./prompt.ts";

export interface IdentifyOptions extends LoginOptions {
  readonly json?: boolean;
}

/** Lets the identify lamp shine. @param word seconds, `on` or `off` */
export async function identify(word: number | "on" | "off", options: IdentifyOptions): Promise<ExitCode> {
  return onBmc(options, "operator", async ({ client, name, quirks, signal }) => {
    const withoutForce = effectsOf(quirks).commands.identifyWithoutForce === true;
    const wanted = typeof word === "number" ? { seconds: word } : word;
    const { seconds } = await shine(client, wanted, { signal, withoutForce });
    if (options.json === true) printJson({ bmc: name, seconds });
    else if (seconds === 0) print(`${name}: the identify lamp is off`);
    else if (seconds === "forever") print(`${name}: the identify lamp is on until \`identify off\``);
    else print(`${name}: the identify lamp is on for ${seconds} s`);
    return exit.good;
  });
}

export interface BootOptions extends LoginOptions {
  readonly persistent?: boolean;
  readonly efi?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const bootWords = ["status", "pxe", "disk", "cdrom", "bios", "none"] as const;
export type BootWord = (typeof bootWords)[number];

const devices: Readonly<Record<Exclude<BootWord, "status" | "none">, BootDevice>> = {
  pxe: "pxe",
  disk: "disk",
  cdrom: "cd",
  bios: "bios-setup",
};

/** Shows what the next boot will use, or chooses it. */
export async function boot(word: BootWord, options: BootOptions): Promise<ExitCode> {
  const { persistent = false, efi = false } = options;
  if ((word === "status" || word === "none") && (persistent || efi))
    throw new CannotRun("--persistent and --efi go with a device to boot from");
  if (word === "status") return onBmc(options, "operator", (bmc) => showBoot(bmc, options));
  const what =
    word === "none" ? "boot as its firmware is set" : `boot from ${word}${persistent ? " from now on" : ""}`;
  await mustAgree(`let ${bmcName(options)} ${what}`, options.yes);
  return onBmc(options, "operator", async (bmc) => {
    const { client, signal } = bmc;
    if (word === "none") await clearBootFlags(client, { signal });
    else await setBootFlags(client, { device: devices[word], persistent, efi }, { signal });
    return showBoot(bmc, options, word === "none" ? "none" : devices[word]);
  });
}

/** @param wanted what was set; a fault when the BMC says another thing */
async function showBoot(
  { client, name, signal }: Bmc,
  { json }: BootOptions,
  wanted?: BootDevice,
): Promise<ExitCode> {
  const found = await getBootFlags(client, { signal });
  const differs = wanted !== undefined && (found.valid ? found.device : "none") !== wanted;
  if (json === true) printJson(found);
  else
    printFacts([
      ["next boot", bootText(found), differs ? "bad" : undefined],
      ["lasts", found.valid ? (found.persistent ? "for every boot" : "for one boot, within a minute") : ""],
      ["by EFI", found.valid ? yesNo(found.efi) : ""],
    ]);
  if (differs) throw new CannotRun(`${name} took it, but does not show it`);
  return exit.good;
}

const bootText = ({ valid, device }: BootSettings): string =>
  !valid || device === "none" ? "as its firmware is set" : device;
