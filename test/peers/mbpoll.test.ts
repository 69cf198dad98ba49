// mbpoll, which nobody here wrote, reads and writes every kind of simulated device.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "../../devices/clock.ts";
import { serveRtu, serveTcp } from "../../simulators/modbus/serve.ts";
import type { SimulatedUnit } from "../../simulators/modbus/unit.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { createEquipment } from "../../simulators/equipment.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { mildDay } from "../../simulators/weather/mild-day.ts";
import { openPty } from "../../simulators/pty.ts";
import { createUnits, type SiteUnit } from "../../simulators/site-units.ts";

const run = promisify(execFile);

/** mbpoll's names of the tables. */
const types = { coil: "0", discrete: "1", input: "3", holding: "4" } as const;
type Table = keyof typeof types;

interface Read {
  readonly table: Table;
  readonly address: number;
  /** Registers or bits; floats where `float`. */
  readonly count: number;
  readonly float?: true;
}

interface Write {
  readonly table: "coil" | "holding";
  readonly address: number;
  readonly values: readonly number[];
  readonly float?: true;
}

interface Case {
  readonly unit: string;
  readonly reads: readonly Read[];
  readonly writes: readonly Write[];
}

const cases: readonly Case[] = [
  {
    unit: "tray-a",
    reads: [
      { table: "input", address: 0, count: 12 },
      { table: "holding", address: 0, count: 10 },
      { table: "coil", address: 0, count: 1 },
    ],
    writes: [
      { table: "holding", address: 3, values: [725] },
      { table: "holding", address: 0, values: [610, 620, 630] },
      { table: "coil", address: 0, values: [1] },
    ],
  },
  {
    unit: "dx-1",
    reads: [
      { table: "input", address: 0, count: 15 },
      { table: "holding", address: 0, count: 10 },
    ],
    writes: [
      { table: "holding", address: 1, values: [245] },
      { table: "holding", address: 6, values: [150, 240] },
    ],
  },
  {
    unit: "dc-1",
    reads: [
      { table: "input", address: 0, count: 14 },
      { table: "holding", address: 20, count: 6 },
      { table: "holding", address: 30, count: 2 },
    ],
    writes: [{ table: "holding", address: 22, values: [155] }],
  },
  {
    unit: "meter-1",
    reads: [
      { table: "input", address: 0, count: 18, float: true },
      { table: "input", address: 0x34, count: 1, float: true },
      { table: "input", address: 0x156, count: 1, float: true },
      { table: "input", address: 0, count: 80 },
    ],
    writes: [{ table: "holding", address: 2, values: [15], float: true }],
  },
  {
    unit: "pdu-1",
    reads: [
      { table: "holding", address: 0, count: 5 },
      { table: "holding", address: 12_306, count: 3, float: true },
      { table: "holding", address: 32_776 + 64, count: 4, float: true },
      { table: "coil", address: 0, count: 8 },
    ],
    writes: [
      { table: "coil", address: 6, values: [0] },
      { table: "coil", address: 0, values: [1, 0, 1, 0] },
    ],
  },
  {
    unit: "probe-inlet",
    reads: [
      { table: "input", address: 1, count: 2 },
      { table: "holding", address: 0x101, count: 4 },
    ],
    writes: [{ table: "holding", address: 0x103, values: [12] }],
  },
  {
    unit: "io-1",
    reads: [
      { table: "discrete", address: 0, count: 8 },
      { table: "coil", address: 0, count: 8 },
      { table: "input", address: 0, count: 4 },
    ],
    writes: [
      { table: "coil", address: 5, values: [1] },
      { table: "coil", address: 0, values: [0, 1, 1] },
    ],
  },
  {
    unit: "ups-1",
    reads: [
      { table: "holding", address: 0, count: 2 },
      { table: "holding", address: 128, count: 4 },
      { table: "holding", address: 135, count: 17 },
    ],
    writes: [{ table: "holding", address: 1536, values: [0, 8] }],
  },
];

type Over = "RTU on a pty" | "TCP";

/** Everything on one line, and again on one endpoint; nothing moves, so a value is what it was a moment ago. */
const unitsAt = (seed: number): readonly SiteUnit[] => {
  const parameters = siteParameters("demo");
  const physics = createSitePhysics(parameters, { weather: mildDay(), seed });
  return createUnits(createEquipment({ physics, parameters, seed })).all;
};
const sites = { "RTU on a pty": unitsAt(3), TCP: unitsAt(4) };
const unitsOf = (over: Over): ReadonlyMap<number, SimulatedUnit> =>
  new Map(sites[over].map(({ unit }, i) => [i + 1, unit]));
const idOf = (name: string): number => sites.TCP.findIndex((one) => one.name === name) + 1;
const unitOf = (over: Over, name: string): SimulatedUnit => {
  const unit = unitsOf(over).get(idOf(name));
  assert.ok(unit);
  return unit;
};

const closers: (() => Promise<void>)[] = [];
const reach: Record<Over, readonly string[]> = { "RTU on a pty": [], TCP: [] };
const target: Record<Over, string> = { "RTU on a pty": "", TCP: "127.0.0.1" };

before(async () => {
  await assert.doesNotReject(run("mbpoll", ["-V"]), "install mbpoll (Debian package mbpoll)");
  const wire = await openPty();
  const line = serveRtu({
    clock: systemClock,
    wire,
    timing: { baudRate: 115_200 },
    units: unitsOf("RTU on a pty"),
  });
  const tcp = await serveTcp({ clock: systemClock, units: unitsOf("TCP") });
  closers.push(
    () => line.close(),
    () => tcp.close(),
  );
  reach["RTU on a pty"] = ["-m", "rtu", "-b", "115200", "-P", "none"];
  reach.TCP = ["-m", "tcp", "-p", String(tcp.port)];
  target["RTU on a pty"] = wire.path;
});

after(async () => {
  for (const close of closers) await close();
});

const typeOf = ({ table, float }: Pick<Read, "table" | "float">): readonly string[] => [
  "-t",
  `${types[table]}${float === true ? ":float" : ""}`,
  "-B",
];

async function mbpoll(over: Over, unit: string, args: readonly string[], values: readonly number[] = []) {
  const common = [...reach[over], "-a", String(idOf(unit)), "-0", "-o", "5", ...args];
  const { stdout } = await run("mbpoll", [...common, target[over], ...values.map(String)], {
    timeout: 20_000,
  });
  return stdout;
}

async function readBack(over: Over, unit: string, read: Read): Promise<readonly number[]> {
  const args = [...typeOf(read), "-r", String(read.address), "-c", String(read.count), "-1"];
  const stdout = await mbpoll(over, unit, args);
  return [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map(([, value]) => Number(value));
}

/** What the unit itself says. */
function truth(unit: SimulatedUnit, { table, address, count, float }: Read): readonly number[] {
  if (table === "coil" || table === "discrete") return unit.readBits(table, address, count).map(Number);
  if (float !== true) return unit.readWords(table, address, count);
  const words = unit.readWords(table, address, count * 2);
  const view = new DataView(new ArrayBuffer(words.length * 2));
  words.forEach((word, i) => view.setUint16(i * 2, word));
  return Array.from({ length: count }, (_, i) => view.getFloat32(i * 4));
}

/** mbpoll prints floats with six digits. */
function same(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const wanted = expected[i] ?? NaN;
    assert.ok(Math.abs(value - wanted) <= Math.abs(wanted) * 1e-5, `${what} [${i}]: ${value}, not ${wanted}`);
  });
}

for (const over of ["RTU on a pty", "TCP"] as const) {
  for (const { unit: name, reads, writes } of cases) {
    const unit = unitOf(over, name);
    test(`mbpoll reads and writes ${unit.product} over ${over}`, async () => {
      for (const read of reads) {
        const what = `${name} ${read.table} ${read.address}`;
        const expected = truth(unit, read);
        same(await readBack(over, name, read), expected, what);
      }
      for (const write of writes) {
        const args = [...typeOf(write), "-r", String(write.address)];
        const stdout = await mbpoll(over, name, args, write.values);
        assert.match(stdout, /Written \d+ references/);
        const read = { ...write, count: write.values.length };
        same(truth(unit, read), write.values, `${name} ${write.table} ${write.address} in the unit`);
        same(
          await readBack(over, name, read),
          write.values,
          `${name} ${write.table} ${write.address} read back`,
        );
      }
    });
  }
  test(`mbpoll is refused what a product does not have, over ${over}`, async () => {
    const args = ["-t", "3", "-r", "200", "-1"];
    await assert.rejects(mbpoll(over, "tray-a", args), /Illegal data address/);
    await assert.rejects(mbpoll(over, "pdu-1", args), /Illegal function/);
  });
}
