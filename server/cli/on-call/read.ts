import type { Command } from "commander";
import { type Client, ClientError, type DeviceSummary, type Reading } from "../../../client/index.ts";
import { onServer } from "../client.ts";
import { type TargetOptions, withTarget } from "../target.ts";
import { complain, exit, type ExitCode } from "../terminal.ts";
import { devicesOf } from "./devices.ts";
import { deviceName } from "./look-up.ts";
import { type OutputOptions, printList, type SelectionOptions, withOutput, withSelection } from "./output.ts";
import { namedReadings, readingFields, readingJson } from "./reading-fields.ts";

interface Options extends TargetOptions, OutputOptions, SelectionOptions {
  readonly strict?: boolean;
}

/** Up to so many devices are asked for one by one; above, reading all and leaving some out is cheaper. */
const mostSingly = 16;

/** `bothy read`: the latest readings. */
export function addReadCommand(program: Command, ended: (code: ExitCode) => void): void {
  const command = program
    .command("read")
    .description("show the latest readings")
    .argument("[device...]", "names, beginnings of names, ids, or patterns such as 'tray-a.*'")
    .option("--strict", "end with 1 when a reading is bad, or a device has none");
  withTarget(
    withOutput(
      withSelection(command),
      readingFields(() => 0),
    ),
  ).addHelpText("after", examples);
  command.action(async (words: string[], options: Options) => {
    ended(await read(words, options));
  });
}

const examples = `
Examples:
  bothy read                          everything
  bothy read probe-inlet              the device whose name begins so
  bothy read 'tray-a.*' --tag rack:r1 --json
  bothy read --strict && echo all good`;

function read(words: readonly string[], options: Options): Promise<ExitCode> {
  return onServer(options, async (server) => {
    const { client } = server;
    const devices = await devicesOf(client, words, options);
    const readings = devices.length === 0 ? [] : await readingsOf(client, devices);
    const named = namedReadings(devices, readings);
    const at = server.now();
    printList(
      readingFields(() => at),
      named,
      options,
      readingJson,
    );
    if (options.strict !== true) return exit.good;
    const unread = devices.filter(({ id }) => !readings.some(({ device }) => device === id));
    if (words.length > 0 && unread.length > 0) complain(`no reading of ${unread.map(deviceName).join(", ")}`);
    const bad = named.some(({ reading }) => reading.quality === "bad");
    return bad || devices.length === 0 || (words.length > 0 && unread.length > 0) ? exit.fault : exit.good;
  });
}

/** The latest readings of devices. Those that cannot be read at all have none. */
export async function readingsOf(
  client: Pick<Client, "read" | "readDevice">,
  devices: readonly DeviceSummary[],
): Promise<readonly Reading[]> {
  if (devices.length > mostSingly) {
    const wanted = new Set(devices.map(({ id }) => id));
    return (await client.read()).filter(({ device }) => wanted.has(device));
  }
  const each = devices.map(({ id }) =>
    client.readDevice(id).catch((error: unknown) => {
      if (error instanceof ClientError && error.http_code === 405) return [];
      throw error;
    }),
  );
  return (await Promise.all(each)).flat();
}
