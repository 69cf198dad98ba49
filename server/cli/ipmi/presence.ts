import { systemClock } from "../../../devices/clock.ts";
import { makerName } from "../../../plugins/ipmi/commands/makers.ts";
import { openIpmiSocket, presence, type Presence } from "../../../plugins/ipmi/lan/index.ts";
import { type Field, listLines, type OutputOptions, screenOf } from "../on-call/output.ts";
import { CannotRun, complain, exit, type ExitCode, interrupted, print, printJson } from "../terminal.ts";
import { addressOf, addressText, hostOf } from "./address.ts";

export interface PingOptions {
  readonly host?: string;
  /** In ms. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Asks whether there is a BMC, without logging in. */
export async function ping(named: string | undefined, options: PingOptions): Promise<ExitCode> {
  const address = addressOf(named ?? hostOf(options, process.env));
  const socket = openIpmiSocket();
  try {
    const found = await presence({
      ...{ ...address, clock: systemClock, socket, signal: interrupted() },
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    });
    const bmc = addressText(address);
    if (options.json === true) printJson({ bmc, answered: found !== undefined, ...found });
    else if (found === undefined)
      complain(`${bmc}: nothing answered, which says little: many BMCs never answer a ping`);
    else print(`${bmc}: ${presenceText(found)}`);
    return found === undefined ? exit.fault : exit.good;
  } finally {
    await socket.close();
  }
}

/** ASF's own number: whoever states it has nothing to add. */
const asf = 4542;

const makerText = ({ enterprise }: Presence): string => (enterprise === asf ? "" : makerName(enterprise));

function presenceText(found: Presence): string {
  const kind = found.supportsIpmi ? "a BMC" : "something that knows no IPMI";
  const maker = makerText(found);
  return `${kind}${maker === "" ? "" : ` of ${maker}`}, after ${found.took.toFixed(1)} ms`;
}

export interface ScanOptions extends OutputOptions {
  readonly port?: number;
  /** In ms. */
  readonly timeout?: number;
}

/** The columns of `bothy ipmi scan`. */
export const scanFields: readonly Field<Presence>[] = [
  { name: "ADDRESS", narrow: "wrap", importance: 9, text: ({ address }) => address },
  {
    name: "IPMI",
    narrow: "cut",
    importance: 7,
    min: 4,
    text: ({ supportsIpmi }) => (supportsIpmi ? "yes" : "no"),
  },
  {
    name: "TOOK",
    narrow: "drop",
    importance: 5,
    align: "right",
    text: ({ took }) => `${took.toFixed(1)} ms`,
  },
  { name: "MAKER", narrow: "drop", importance: 4, shown: "filled", text: makerText },
];

/** How many are asked at once: enough for a network in seconds, too few to flood anything. */
const atOnce = 128;

/** Asks every address of some ranges whether there is a BMC. @returns 1 when none answered */
export async function scan(ranges: readonly (readonly string[])[], options: ScanOptions): Promise<ExitCode> {
  const addresses = [...new Set(ranges.flat())];
  const found = await answering(addresses, options);
  if (options.json === true) printLines(found);
  else for (const line of listLines(scanFields, found, options, screenOf())) process.stdout.write(line);
  if (options.json !== true && options.csv !== true)
    complain(
      `${found.length === 0 ? "none" : found.length} of ${addresses.length} answered; some BMCs never answer a ping`,
    );
  return found.length > 0 ? exit.good : exit.fault;
}

const printLines = (found: readonly Presence[]): void =>
  print(found.length === 0 ? "[]" : `[\n${found.map((one) => JSON.stringify(one)).join(",\n")}\n]`);

/** In the order of the addresses. @throws CannotRun when it is called off */
async function answering(addresses: readonly string[], options: ScanOptions): Promise<readonly Presence[]> {
  const { port, timeout } = options;
  const signal = interrupted();
  const socket = openIpmiSocket();
  const found = new Map<string, Presence>();
  const left = addresses.values();
  const worker = async (): Promise<void> => {
    for (const host of left) {
      const one = await presence({
        ...{ host, clock: systemClock, socket, signal },
        ...(port === undefined ? {} : { port }),
        ...(timeout === undefined ? {} : { timeout }),
      });
      if (one !== undefined) found.set(host, one);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } catch (thrown) {
    throw signal.aborted ? new CannotRun("interrupted") : thrown;
  } finally {
    await socket.close();
  }
  return addresses.flatMap((address) => found.get(address) ?? []);
}
