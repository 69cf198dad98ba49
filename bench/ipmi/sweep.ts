import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Millis, systemClock as clock } from "../../devices/clock.ts";
import { openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { readRepository } from "../../plugins/ipmi/sdr/repository.ts";
import { readAll } from "../../plugins/ipmi/sensors/read.ts";
import { describeSensors, type Sensor } from "../../plugins/ipmi/sensors/sensor.ts";
import { launchIpmiSim } from "../../test/support/ipmi-sim.ts";
import { median } from "../processes.ts";
import { account } from "./account.ts";
import { type Bare, openBare } from "./bare.ts";
import { openShell } from "./shell.ts";

const sensorCount = 64;
/** Requests of ours under way at once, and the same for the bare round trips beside it. */
const window = 4;
const warmUps = 30;

const names = {
  freeipmi: "ipmi-sensors, as a user runs it",
  ipmitool: "ipmitool sdr, as a user runs it",
  open: "bothy, its session open as in a site",
  fresh: "bothy, with opening and closing its session",
} as const;
const bareName = (what: string, width: number): string => `bare round trips, ${what}, ${width} at once`;

/** One way of reading all sensors once. */
interface Way {
  readonly name: string;
  /** Of this process: done once before it is measured, so that what ran in between leaves no trace. */
  readonly warm?: boolean;
  run(): Promise<Millis>;
}

/** Reads 64 sensors of one BMC in every way there is: alternating rounds, the median of each. */
export async function printSweeps(rounds: number): Promise<void> {
  const sim = await launchIpmiSim({ extraSensors: sensorCount, onlyExtra: true, plainNames: true });
  const folder = mkdtempSync(join(tmpdir(), "bothy-bench-ipmi-"));
  const shell = openShell();
  const bare = await openBare(sim.port, account);
  const socket = openIpmiSocket();
  const bmc = openBmc({ ...reach(sim.port), window, clock, socket });
  try {
    const { records } = await readRepository(bmc, { clock });
    const sensors = describeSensors(records).filter(({ eventOnly }) => !eventOnly);
    if (sensors.length !== sensorCount) throw new Error(`${sensors.length} sensors, not ${sensorCount}`);
    const numbers = sensors.map(({ number }) => number);
    const freeipmi = freeipmiLine(sim.port, folder);
    // Fills the cache.
    await shell.time(freeipmi);
    const ways: readonly Way[] = [
      { name: names.freeipmi, run: () => shell.time(freeipmi) },
      { name: names.ipmitool, run: () => shell.time(ipmitoolLine(sim.port)) },
      ...baresOf(bare, numbers),
      { name: names.open, warm: true, run: () => timed(() => sweep(bmc, sensors)) },
      { name: names.fresh, warm: true, run: () => timed(() => fresh(sim.port, sensors)) },
    ];
    for (let n = 0; n < warmUps; n++) for (const way of ways.slice(2)) await way.run();
    show(await alternate(ways, rounds));
  } finally {
    await bmc.close();
    await socket.close();
    bare.close();
    await shell.close();
    await sim.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function fresh(port: number, sensors: readonly Sensor[]): Promise<void> {
    const own = openBmc({ ...reach(port), window, clock, socket });
    await sweep(own, sensors);
    await own.close();
  }
}

const reach = (port: number) => ({ host: "127.0.0.1", port, ...account, suites: [3] });

async function sweep(bmc: ReturnType<typeof openBmc>, sensors: readonly Sensor[]): Promise<void> {
  const readings = await readAll(bmc, sensors);
  const bad = readings.find(({ value }) => value !== 50);
  if (bad !== undefined) throw new Error(`a sensor reads ${String(bad.value)}, not 50`);
}

async function timed(work: () => Promise<void>): Promise<Millis> {
  const begun = clock.monotonic();
  await work();
  return clock.monotonic() - begun;
}

const baresOf = (bare: Bare, numbers: readonly number[]): readonly Way[] =>
  [1, window].flatMap((width) => [
    {
      name: bareName("the same datagrams", width),
      warm: true,
      run: () => bare.run(bare.sweep(numbers), width),
    },
    {
      name: bareName("outside of a session", width),
      warm: true,
      run: () => bare.run(bare.plain(numbers.length), width),
    },
  ]);

const freeipmiLine = (port: number, folder: string): string =>
  `ipmi-sensors -h 127.0.0.1:${port} -D LAN_2_0 -u ${account.user} -p ${account.password} -l ADMIN ` +
  `-W opensesspriv --quiet-cache --sdr-cache-directory=${folder}`;

const ipmitoolLine = (port: number): string =>
  `ipmitool -I lanplus -H 127.0.0.1 -p ${port} -U ${account.user} -P ${account.password} -C 3 sdr`;

async function alternate(ways: readonly Way[], rounds: number): Promise<ReadonlyMap<string, Millis>> {
  const times = ways.map((): Millis[] => []);
  for (let n = 0; n < rounds; n++) {
    for (const [index, way] of ways.entries()) {
      if (way.warm === true) await way.run();
      times[index]?.push(await way.run());
    }
  }
  return new Map(ways.map(({ name }, index) => [name, median(times[index] ?? [])]));
}

function show(medians: ReadonlyMap<string, Millis>): void {
  for (const [name, ms] of medians) console.log(`  ${name.padEnd(54)}${ms.toFixed(2).padStart(8)} ms`);
  const of = (name: string): number => medians.get(name) ?? NaN;
  const tool = Math.min(of(names.freeipmi), of(names.ipmitool));
  const bare = (name: string, width: number): string =>
    (of(name) / of(bareName("the same datagrams", width))).toFixed(2);
  const ratio = (name: string): string =>
    `${(tool / of(name)).toFixed(1)} times as fast as the faster tool, ${bare(name, 1)} times the bare ` +
    `round trips one at a time, ${bare(name, window)} times those ${window} at once`;
  for (const name of [names.open, names.fresh]) console.log(`  ${name}: ${ratio(name)}`);
}
