import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import ModbusSerial from "modbus-serial";
import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { priority, silentLog, type TappedFrame } from "../../devices/plugin.ts";
import { openClient } from "../../plugins/modbus/client.ts";
import { type Registers, shortestCycle, type Wire } from "./shortest.ts";
import { type BenchSite, benchPlan, startSite, until } from "./site.ts";
import { registers, units } from "./units.ts";

/*
 * How well an RS-485 line is used. For each baud rate: full poll cycles of the plugin, of a client that asks for one
 * value at a time, and of plain modbus-serial doing the same, all against the same simulated line in a process of its
 * own; each as a share of the shortest possible schedule. Then writes at random moments while polls saturate the line.
 */

const rates = [9600, 19_200, 115_200] as const;
const cycles = { 9600: 6, 19_200: 10, 115_200: 25 } as const;
const writes = { 9600: 30, 19_200: 40, 115_200: 60 } as const;

const byUnit = new Map(units.map((unit) => [unit.unit, unit]));
const wireAt = (baudRate: number): Wire => ({
  baudRate,
  bitsPerCharacter: 10,
  turnaroundMs: (unit) => byUnit.get(unit)?.turnaroundMs ?? 0,
  maxRegisters: (unit) => byUnit.get(unit)?.maxRegisters ?? 125,
  bridgesGaps: () => true,
});

async function startSimulator(baudRate: number): Promise<{ child: ChildProcess; path: string }> {
  const script = fileURLToPath(new URL("simulator.ts", import.meta.url));
  const child = fork(script, [String(baudRate)], { execArgv: ["--import", "tsx"] });
  const { path } = await new Promise<{ path: string }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { path: string }));
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${String(code)}`)));
  });
  return { child, path };
}

interface Cycle {
  readonly ms: number;
  readonly requests: number;
}

/** Full cycles of the plugin: a cycle is over when every value has been read once more. */
async function pluginCycle(site: BenchSite, count: number): Promise<Cycle> {
  const seen = new Map<string, number>();
  const devices = site.registry.all().filter(({ type }) => type === "bench");
  const stop = site.store.subscribe((readings) => {
    const fresh = new Set(readings.filter(({ quality }) => quality === "good").map(({ id }) => id.device));
    for (const device of fresh) seen.set(device, (seen.get(device) ?? 0) + 1);
  });
  const least = (): number => Math.min(...devices.map(({ id }) => seen.get(id) ?? 0));
  // The first cycles learn how fast the units are.
  await until(site.store, clock, () => least() >= 4);
  const [begun, framesBefore, first] = [clock.monotonic(), sentFrames(site), new Map(seen)];
  const progress = (): number =>
    Math.min(...devices.map(({ id }) => (seen.get(id) ?? 0) - (first.get(id) ?? 0)));
  await until(site.store, clock, () => progress() >= count);
  stop();
  return { ms: (clock.monotonic() - begun) / count, requests: (sentFrames(site) - framesBefore) / count };
}

const sentFrames = (site: BenchSite): number =>
  (site.link.connection?.report?.() as { sentFrames?: number } | undefined)?.sentFrames ?? 0;

interface WriteWait {
  /** Other requests sent between the moment of the write and its frame; must be 0. */
  readonly overtaken: number;
  readonly waitMs: number;
  /** The rest of the exchange in progress plus the write's own exchange. */
  readonly boundMs: number;
}

/** One write at a random moment, and what crossed the line meanwhile. */
async function writeOnce(site: BenchSite, value: number, wire: Wire): Promise<WriteWait> {
  const frames: (TappedFrame & { mono: number })[] = [];
  const stop = site.link.connection?.tap?.((frame) => frames.push({ ...frame, mono: clock.monotonic() }));
  const begun = clock.monotonic();
  const target = "fantray-2";
  const transaction = site.writer.submit({
    ...{ device: target, action: "set", data: String(value), slot: 8, who: "bench", why: "bench" },
  });
  const done = await site.writer.wait(transaction.id);
  stop?.();
  if (done.status !== "DONE") throw new Error(`the write failed: ${done.message}`);
  const isWrite = ({ hex }: TappedFrame): boolean => hex.startsWith("0206");
  const sent = frames.findIndex((frame) => frame.direction === "sent" && isWrite(frame));
  const answered = frames.findIndex((frame) => frame.direction === "received" && isWrite(frame));
  const before = frames.slice(0, sent);
  const inProgressEnded = before.findLast(({ direction }) => direction === "received")?.mono ?? begun;
  const turnaround = wire.turnaroundMs(2);
  const own = (16 * wire.bitsPerCharacter * 1000) / wire.baudRate + turnaround;
  const gaps = 2 * (wire.baudRate > 19_200 ? 1.75 : (3500 * wire.bitsPerCharacter) / wire.baudRate);
  return {
    overtaken: before.filter(({ direction }) => direction === "sent").length,
    waitMs: (frames[answered]?.mono ?? Infinity) - begun,
    boundMs: inProgressEnded - begun + own + gaps,
  };
}

async function writeWaits(site: BenchSite, count: number, wire: Wire): Promise<WriteWait[]> {
  const waits: WriteWait[] = [];
  for (let i = 0; i < count; i++) {
    await clock.sleepUntil(clock.monotonic() + Math.random() * 300);
    waits.push(await writeOnce(site, i % 1000, wire));
  }
  return waits;
}

/** Everybody asks for one value after the other. */
async function naiveCycle(path: string, baudRate: number, wanted: readonly Registers[]): Promise<Cycle> {
  const memory = { get: () => undefined, set: () => undefined };
  const client = await openClient(
    { name: "naive", transport: "serial", path, baudRate },
    { clock, log: silentLog, memory },
  );
  const { signal } = new AbortController();
  const begun = clock.monotonic();
  for (const { unit, table, address, width } of wanted) {
    const options = { priority: priority.poll, deadline: 0, signal, source: "naive" };
    await client.request(unit, { kind: "read", table, address, count: width }, options);
  }
  const ms = clock.monotonic() - begun;
  await client.close();
  return { ms, requests: wanted.length };
}

async function modbusSerialCycle(
  path: string,
  baudRate: number,
  wanted: readonly Registers[],
): Promise<Cycle> {
  const client = new ModbusSerial.default();
  await client.connectRTUBuffered(path, { baudRate });
  client.setTimeout(1000);
  const begun = clock.monotonic();
  for (const { unit, table, address, width } of wanted) {
    client.setID(unit);
    if (table === "holding") await client.readHoldingRegisters(address, width);
    else await client.readInputRegisters(address, width);
  }
  const ms = clock.monotonic() - begun;
  await new Promise<void>((resolve) => client.close(() => resolve()));
  return { ms, requests: wanted.length };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);
const ms = (n: number): string => `${n.toFixed(1)} ms`.padStart(12);

function show(name: string, best: Cycle, cycle: Cycle): void {
  const row = `  ${name.padEnd(34)}${ms(cycle.ms)}  ${cycle.requests.toFixed(1).padStart(6)} requests`;
  console.log(`${row}  ${percent(best.ms / cycle.ms)} of the shortest`);
}

function showWaits(waits: readonly WriteWait[]): void {
  const overtaken = waits.reduce((sum, wait) => sum + wait.overtaken, 0);
  const over = waits.map(({ waitMs, boundMs }) => waitMs - boundMs).sort((a, b) => a - b);
  const worst = Math.max(...waits.map(({ waitMs }) => waitMs));
  console.log(
    `  ${waits.length} writes at random moments: ${overtaken} polls went before one; longest wait ${worst.toFixed(1)} ms;` +
      ` over the exchange in progress plus its own: median ${(over[over.length >> 1] ?? 0).toFixed(1)} ms,` +
      ` most ${(over.at(-1) ?? 0).toFixed(1)} ms`,
  );
}

console.log(`${units.length} units, ${registers.length} values; one process for the line, one for the bus\n`);
for (const baudRate of rates) {
  const wire = wireAt(baudRate);
  const shortest = shortestCycle(wire, registers);
  console.log(
    `${baudRate} baud 8N1: shortest schedule ${shortest.ms.toFixed(1)} ms in ${shortest.requests} requests`,
  );
  const { child, path } = await startSimulator(baudRate);
  const site = startSite(benchPlan(path, baudRate), clock);
  show("plugin, saturated polls", shortest, await pluginCycle(site, cycles[baudRate]));
  showWaits(await writeWaits(site, writes[baudRate], wire));
  await site.close();
  show("own client, one value at a time", shortest, await naiveCycle(path, baudRate, registers));
  show("modbus-serial, one value at a time", shortest, await modbusSerialCycle(path, baudRate, registers));
  child.disconnect();
  await clock.sleepUntil(clock.monotonic() + seconds(0.2));
}
