import { BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../../../plugins/ipmi/completion.ts";
import { getSelfTest, resetController } from "../../../plugins/ipmi/commands/controller.ts";
import { type DeviceId, getDeviceId } from "../../../plugins/ipmi/commands/device-id.ts";
import { getSystemGuid } from "../../../plugins/ipmi/commands/guid.ts";
import { getPowerOnHours } from "../../../plugins/ipmi/commands/chassis.ts";
import { exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Bmc, bmcName, onBmc } from "./bmc.ts";
import { type Fact, printFacts, yesNo } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { mustAgree } from "./prompt.ts";

export interface McOptions extends LoginOptions {
  readonly warm?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const mcWords = ["info", "guid", "reset", "selftest"] as const;
export type McWord = (typeof mcWords)[number];

/** The management controller itself. */
export async function mc(word: McWord, options: McOptions): Promise<ExitCode> {
  switch (word) {
    case "info":
      return onBmc(options, "user", (bmc) => info(bmc, options));
    case "guid":
      return onBmc(options, "user", (bmc) => guid(bmc, options));
    case "selftest":
      return onBmc(options, "user", (bmc) => selfTest(bmc, options));
    case "reset":
      return reset(options);
  }
}

async function info({ client, signal }: Bmc, { json }: McOptions): Promise<ExitCode> {
  const { session } = await client.connect().then((facts) => ({ session: facts }));
  const found = await getDeviceId(client, { signal });
  const hours = await unlessRefused(getPowerOnHours(client, { signal }));
  if (json === true)
    printJson({ ...found, ...(hours === undefined ? {} : { powerOnHours: hours }), session });
  else
    printFacts([
      ...identityFacts(found),
      ["power-on hours", hours === undefined ? "" : String(Math.round(hours))],
      [
        "session",
        `IPMI ${session.version}${session.suite === undefined ? "" : `, cipher suite ${session.suite}`}`,
      ],
    ]);
  return exit.good;
}

function identityFacts(found: DeviceId): readonly Fact[] {
  const { maker, makerName, product, firmware, auxiliary, ipmi, deviceId, revision, starting } = found;
  const offers = Object.entries(found.supports).flatMap(([name, has]) => (has ? [names[name] ?? name] : []));
  return [
    ["maker", makerName === String(maker) ? makerName : `${makerName} (${maker})`],
    ["product", `${product} (0x${product.toString(16).padStart(4, "0")})`],
    ["firmware", auxiliary === undefined ? firmware : `${firmware}, auxiliary ${auxiliary}`],
    ["IPMI", ipmi],
    ["device id", `${deviceId}, revision ${revision}`],
    ["state", starting ? "starting, or being updated" : "ready", starting ? "doubtful" : undefined],
    ["offers", offers.join(", ")],
    ["own sensor records", yesNo(found.deviceSdrs)],
  ];
}

const names: Readonly<Record<string, string>> = {
  sdr: "SDR repository",
  sel: "event log",
  fru: "inventory",
  eventReceiver: "event receiver",
  eventGenerator: "event generator",
};

async function guid({ client, signal }: Bmc, { json }: McOptions): Promise<ExitCode> {
  const found = await getSystemGuid(client, { signal });
  if (json === true) printJson(found);
  else
    printFacts([
      ["GUID", found.smbios],
      ["in the order of IPMI", found.ipmi],
      ["bytes", found.raw],
    ]);
  return exit.good;
}

async function selfTest({ client, signal }: Bmc, { json }: McOptions): Promise<ExitCode> {
  const { result, faults } = await getSelfTest(client, { signal });
  const isWell = result === "passed" || result === "not-implemented";
  if (json === true) printJson({ result, faults });
  else
    printFacts([
      ["self test", result.replace("-", " "), isWell ? "good" : "bad"],
      ["faults", faults.join(", "), "bad"],
    ]);
  return isWell ? exit.good : exit.fault;
}

async function reset(options: McOptions): Promise<ExitCode> {
  const kind = options.warm === true ? "warm" : "cold";
  await mustAgree(
    `restart the BMC ${bmcName(options)} (${kind}), which then is silent for minutes`,
    options.yes,
  );
  return onBmc(options, "administrator", async ({ client, name, signal }) => {
    const answered = await resetController(client, kind, { signal }).then(
      () => true,
      (thrown: unknown) => {
        // Most are gone before they could answer.
        if (thrown instanceof BothyError && thrown.code === "OUTCOME_UNKNOWN") return false;
        throw thrown;
      },
    );
    if (options.json === true) printJson({ bmc: name, kind, answered });
    else
      print(`${name}: ${answered ? "it restarts" : "it said nothing any more, so it most likely restarts"}`);
    return exit.good;
  });
}

/** What was answered; undefined when the BMC does not have it. */
export async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (completionOf(thrown) === undefined) throw thrown;
    return undefined;
  }
}
