import { systemClock } from "../../../devices/clock.ts";
import { type FruField } from "../../../plugins/ipmi/fru/area.ts";
import { isFruAbsent, isFruBlank, readFru } from "../../../plugins/ipmi/fru/index.ts";
import type { MultiRecord } from "../../../plugins/ipmi/fru/multi-record.ts";
import type { Fru } from "../../../plugins/ipmi/fru/parse.ts";
import { effectsOf } from "../../../plugins/ipmi/quirks.ts";
import type { FruLocatorRecord } from "../../../plugins/ipmi/sdr/index.ts";
import { CannotRun, complain, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Bmc, onBmc } from "./bmc.ts";
import { type Fact, printFacts } from "./facts.ts";
import type { LoginOptions } from "./login.ts";
import { recordsOf } from "./records.ts";
import { working } from "./working.ts";

export interface FruOptions extends LoginOptions {
  readonly id?: number;
  readonly json?: boolean;
}

interface Inventory {
  readonly fruId: number;
  readonly name: string;
  readonly fru: Fru;
}

/** Shows what the machine is: the inventory of the machine itself, and of everything else that has one. */
export async function fru(options: FruOptions): Promise<ExitCode> {
  const inventories = await onBmc(options, "user", (bmc) => inventoriesOf(bmc, options.id));
  if (options.json === true)
    printJson(inventories.map(({ fruId, name, fru: all }) => ({ fruId, name, ...all })));
  else show(inventories);
  return exit.good;
}

async function inventoriesOf(bmc: Bmc, only: number | undefined): Promise<readonly Inventory[]> {
  const { client, name, signal } = bmc;
  const names = only === undefined ? await locatedIn(bmc) : new Map([[only, ""]]);
  const done = working(`reading the inventories of ${name}`);
  const { chunk: size } = effectsOf(bmc.quirks).commands;
  const chunk = size === undefined ? {} : { chunk: size };
  const found: Inventory[] = [];
  const blank: string[] = [];
  try {
    for (const [fruId, title] of names) {
      try {
        const { fru: all } = await readFru(client, fruId, { clock: systemClock, signal, ...chunk });
        found.push({ fruId, name: title, fru: all });
      } catch (thrown) {
        if (!isFruAbsent(thrown)) throw thrown;
        if (isFruBlank(thrown)) blank.push(`inventory ${fruId}: ${String(thrown.params["fault"])}`);
      }
    }
  } finally {
    done();
  }
  if (found.length === 0 && blank.length > 0) throw new CannotRun(`${name}: ${blank.join("; ")}`);
  blank.forEach((text) => complain(text));
  if (found.length > 0) return found;
  throw new CannotRun(only === undefined ? `${name} has no inventory` : `${name} has no inventory ${only}`);
}

const bmcAddress = 0x20;

/** The inventories the BMC itself holds, by id. Without sensor records there may still be the machine's own. */
async function locatedIn(bmc: Bmc): Promise<ReadonlyMap<number, string>> {
  const names = new Map([[0, ""]]);
  try {
    const { records } = await recordsOf(bmc);
    const locators = records.filter((one): one is FruLocatorRecord => one.kind === "fru-locator");
    for (const { fruId, name, isLogical, accessAddress } of locators)
      if (isLogical && accessAddress === bmcAddress) names.set(fruId, name);
  } catch (thrown) {
    if (!(thrown instanceof CannotRun)) throw thrown;
  }
  return names;
}

function show(inventories: readonly Inventory[]): void {
  for (const [i, { fruId, name, fru: all }] of inventories.entries()) {
    if (i > 0) print("");
    printFacts([["inventory", name === "" ? String(fruId) : `${fruId}  ${name}`, "head"], ...factsOf(all)]);
    for (const warning of all.warnings) complain(`inventory ${fruId}: ${warning}`);
  }
}

const custom = (fields: readonly FruField[]): readonly Fact[] => fields.map(({ text }) => ["  custom", text]);
const day = (at: number | undefined): string =>
  at === undefined ? "" : new Date(at).toISOString().slice(0, 16).replace("T", " ");

function factsOf({ chassis, board, product, records }: Fru): readonly Fact[] {
  return [
    ...(chassis === undefined
      ? []
      : ([
          ["chassis", chassis.typeName],
          ["  part", chassis.part],
          ["  serial", chassis.serial],
          ...custom(chassis.custom),
        ] as const)),
    ...(board === undefined
      ? []
      : ([
          ["board", `${board.maker} ${board.product}`.trim()],
          ["  part", board.part],
          ["  serial", board.serial],
          ["  made", day(board.made)],
          ["  file", board.fruFile],
          ...custom(board.custom),
        ] as const)),
    ...(product === undefined
      ? []
      : ([
          ["product", `${product.maker} ${product.name}`.trim()],
          ["  part", product.part],
          ["  version", product.version],
          ["  serial", product.serial],
          ["  asset tag", product.assetTag],
          ["  file", product.fruFile],
          ...custom(product.custom),
        ] as const)),
    ...records.map((record): Fact => ["record", recordText(record)]),
  ];
}

function recordText({ name, powerSupply, dcOutput, dcLoad, data }: MultiRecord): string {
  const volts = (millivolts: number): string => `${millivolts / 1000} V`;
  if (powerSupply !== undefined) return `${name}: ${powerSupply.capacityWatts} W`;
  const dc = dcOutput ?? dcLoad;
  if (dc !== undefined)
    return `${name} ${dc.number}: ${volts(dc.nominalmV)}, at most ${dc.maxCurrentmA / 1000} A`;
  return `${name}, ${data.length / 2} bytes`;
}
