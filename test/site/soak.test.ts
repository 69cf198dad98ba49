// A bus under random faults, on a virtual clock: whatever happens, a value is right or bad, never wrong; what a
// write says it did was done; and everything is well again soon after the faults stop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { Link } from "../../devices/link.ts";
import { silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { slots } from "../../devices/transaction.ts";
import { Writer } from "../../devices/writer.ts";
import { clientOn } from "../../plugins/modbus/client.ts";
import { ModbusConnection } from "../../plugins/modbus/connection.ts";
import { planBus } from "../../plugins/modbus/plan.ts";
import type { Product } from "../../plugins/modbus/product-schema.ts";
import { type Line, settler } from "../../plugins/transport/line.ts";
import { createFaultBoard } from "../../simulators/faults.ts";
import { parseFault } from "../../simulators/fault-text.ts";
import { serveRtu, serveTcpWire } from "../../simulators/modbus/serve.ts";
import { createUnit, type SimulatedUnit } from "../../simulators/modbus/unit.ts";
import { createRandom } from "../../simulators/random.ts";
import { createMemoryWire, type Wire } from "../../simulators/wire.ts";
import { TestClock } from "../support/test-clock.ts";

const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
/** Simulated minutes with faults; SOAK_MINUTES and SOAK_SEED repeat or lengthen a run. */
const soakMinutes = Number(process.env["SOAK_MINUTES"] ?? 40);
const unitIds = [1, 2, 3, 4];
const responseTimeout = 300;
/** Every value changes this often, so that an old one shows. */
const epoch = 200;
/** The oldest a good value may be: the time an answer may take, and the time its frame takes on the wire. */
const longest = responseTimeout + 150;
const setpoint = 100;

/** What an address holds during an epoch: nothing like its neighbours, its past, or the same address elsewhere. */
function truth(unit: number, address: number, time: number): number {
  let hash = unit * 0x9e37_79b1 + address * 0x85eb_ca6b + Math.floor(time / epoch) * 0xc2b2_ae35;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a_2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) & 0xffff;
}

/** Islands with gaps between them, some of which the unit refuses to bridge. */
const addresses = [0, 1, 2, 3, 6, 7, 20, 21, 60];

const product: Product = {
  product: "soak",
  title: "Values that change all the time",
  manual: "this test",
  certainty: "S",
  devices: [
    {
      name: "",
      type: "number",
      info: "Values that change all the time",
      outputs: [
        ...addresses.map((address) => ({
          output: "number",
          channel: String(address),
          table: "input" as const,
          address,
          type: "uint16" as const,
          poll: address < 20 ? ("fast" as const) : ("slow" as const),
        })),
        { output: "number", channel: "setpoint", table: "holding", address: setpoint, type: "uint16" },
      ],
      actions: [
        {
          name: "set",
          table: "holding",
          address: setpoint,
          type: "uint16",
          min: 0,
          max: 65_535,
          shows: { output: "number", channel: "setpoint" },
        },
      ],
    },
  ],
};

interface Soak {
  readonly clock: TestClock;
  readonly link: Link;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly registry: Registry;
  readonly held: Map<number, number>;
  readonly fault: (text: string) => void;
  readonly clear: () => void;
  readonly cut: () => void;
  stop(): Promise<void>;
}

function simulated(id: number, clock: TestClock, held: Map<number, number>): SimulatedUnit {
  const unit = createUnit({ product: "soak", turnaround: 3 * id, holes: id % 2 === 0 ? "refuse" : "zeros" });
  for (const address of addresses)
    unit.defineWords("input", address, { width: 1, read: () => [truth(id, address, clock.monotonic())] });
  unit.defineWords("holding", setpoint, {
    width: 1,
    read: () => [held.get(id) ?? 0],
    write: ([word = 0]) => void held.set(id, word),
  });
  return unit;
}

function lineOver(wire: Wire): { line: Line; cut: () => void } {
  const { promise, settle } = settler<BothyError | undefined>();
  const line: Line = {
    name: "memory",
    write: (bytes) => wire.write(bytes),
    receive: (listener) => wire.onData(listener),
    closed: promise,
    close: () => {
      settle(undefined);
      return wire.close();
    },
  };
  const cut = (): void => {
    settle(new BothyError("LINE_DOWN", { source: "memory", fault: "pulled" }));
    void wire.close();
  };
  return { line, cut };
}

function soaking(transport: "serial" | "tcp"): Soak {
  const clock = new TestClock();
  const held = new Map<number, number>();
  const units = new Map(unitIds.map((id) => [id, simulated(id, clock, held)]));
  const names = new Map([...units].map(([id, unit]) => [unit, `u${id}`]));
  const board = createFaultBoard({
    clock,
    seed,
    targets: [
      ...unitIds.map((id) => ({ name: `u${id}`, kind: "unit" as const })),
      { name: "line", kind: "line" as const },
    ],
  });
  const served = {
    units,
    clock,
    misbehave: (unit: SimulatedUnit) => board.misbehave(names.get(unit) ?? ""),
    passes: () => board.passes("line"),
    disturb: (bytes: Uint8Array) => board.disturb("line", bytes),
  };
  let cut = (): void => undefined;
  const connect = (): Line => {
    const [client, server] = createMemoryWire();
    if (transport === "tcp") serveTcpWire(server, served);
    else serveRtu({ ...served, wire: server, timing: { baudRate: 19_200 }, seed });
    const over = lineOver(client);
    cut = over.cut;
    return over.line;
  };
  const where = transport === "tcp" ? { host: "memory" } : { path: "memory", baudRate: 19_200 };
  const timing = {
    responseTimeout: `${responseTimeout}ms`,
    lateAnswers: "6s",
    poll: { fast: "1s", slow: "3s" },
  };
  const { plan, devices, faults } = planBus({
    site: { id: "soak", tags: [] },
    name: "soak",
    link: { path: [], config: { transport, ...where, ...timing } },
    devices: unitIds.map((id) => ({ path: [], config: { unit: id, product: "soak", alias: `u${id}` } })),
    products: [{ path: [], config: product }],
  });
  assert.deepEqual(faults, []);
  const registry = new Registry();
  const store = new ReadingStore({ clock });
  const link = new Link(
    {
      name: "soak",
      devices,
      faults,
      open: (deps) => Promise.resolve(new ModbusConnection(plan, clientOn(connect(), plan.bus, deps), deps)),
    },
    { clock, log: silentLog, registry, store },
  );
  const writer = new Writer({ clock, log: silentLog, registry, store, links: () => link });
  link.start();
  writer.start();
  return {
    ...{ clock, link, store, writer, registry, held },
    fault: (text) => void board.add(parseFault(text)),
    clear: () => board.clear(),
    cut: () => cut(),
    stop: async () => {
      writer.stop();
      await link.stop();
      store.stop();
      board.close();
    },
  };
}

/** A reading is right when its address held that value at some moment while its answer was on the way. */
function wrong(site: Soak, reading: Reading): string | undefined {
  const { device: id, channel = "" } = reading.id;
  const device = site.registry.get(id);
  if (reading.quality === "bad" || device?.type !== "number" || channel === "setpoint") return undefined;
  const unit = Number(device.alias?.slice(1));
  const now = site.clock.monotonic() - (site.clock.now() - reading.at);
  for (let back = now; back >= now - longest - epoch; back -= epoch)
    if (truth(unit, Number(channel), back) === reading.value) return undefined;
  return `${device.alias ?? id} ${channel} at ${now}: ${String(reading.value)}`;
}

function randomFault(random: ReturnType<typeof createRandom>, transport: "serial" | "tcp"): string {
  const unit = `u${1 + random.integer(unitIds.length)}`;
  const some = ["0.1", "0.3", "0.7", "1"][random.integer(4)] ?? "1";
  const span = `${1 + random.integer(20)}s`;
  const onUnits = [
    `${unit} silent`,
    `${unit} slow ${50 + random.integer(600)}ms`,
    `${unit} late ${200 + random.integer(9000)}ms`,
    `${unit} wrong-unit`,
    `${unit} short-frame`,
    `${unit} exception ${1 + random.integer(11)}`,
    `${unit} long-frame`,
    // Over TCP there is no check sum.
    ...(transport === "serial" ? [`${unit} bad-crc`] : []),
  ].map((text) => `${text} with probability ${some} for ${span}`);
  const onLine = ["line line-cut", ...(transport === "serial" ? ["line noise 0.0005"] : [])].map(
    (text) => `${text} for ${span}`,
  );
  const all = [...onUnits, ...onUnits, ...onLine];
  return all[random.integer(all.length)] ?? "u1 silent for 1s";
}

for (const transport of ["serial", "tcp"] as const) {
  test(`${soakMinutes} minutes of random faults, ${transport}, seed ${seed}`, async (t) => {
    const site = soaking(transport);
    const random = createRandom(seed, transport);
    const mistakes: string[] = [];
    const counts = { good: 0, bad: 0, done: 0, failed: 0 };
    const codes = new Set<string>();
    site.store.subscribe((readings) => {
      for (const reading of readings) {
        if (site.registry.get(reading.id.device)?.type !== "number") continue;
        counts[reading.quality === "bad" ? "bad" : "good"]++;
        if (reading.quality === "bad") codes.add(reading.reason.code);
        const mistake = wrong(site, reading);
        if (mistake !== undefined) mistakes.push(mistake);
      }
    });
    const write = async (unit: number, value: number): Promise<void> => {
      const request = { device: `u${unit}`, action: "set", data: String(value), slot: slots.operator };
      const { id } = site.writer.submit({ ...request, who: "soak", why: "soak" });
      const { status } = await site.writer.wait(id);
      counts[status === "DONE" ? "done" : "failed"]++;
      if (status === "DONE" && site.held.get(unit) !== value)
        mistakes.push(`u${unit} said DONE for ${value} but holds ${String(site.held.get(unit))}`);
    };
    await site.clock.advance(seconds(20));
    assert.ok(counts.good > 0, "the site is well to begin with");

    const writes: Promise<void>[] = [];
    for (let minute = 0; minute < soakMinutes; minute++) {
      for (let i = random.integer(4); i >= 0; i--) site.fault(randomFault(random, transport));
      if (random.integer(10) === 0) site.cut();
      await site.clock.advance(seconds(random.integer(30)));
      // One write at a time to each unit, so that what it should hold is known.
      if (minute % 2 === 0) writes.push(write(1 + ((minute / 2) % 4), random.integer(65_536)));
      await site.clock.advance(seconds(30));
    }
    site.clear();
    await site.clock.advance(seconds(60));
    await Promise.all(writes);

    const note = `seed ${seed}: ${JSON.stringify(counts)} ${[...codes].sort().join(" ")}`;
    t.diagnostic(note);
    assert.deepEqual(mistakes, [], note);
    assert.ok(counts.bad > 100 && counts.good > 1000 && counts.done > 3, note);
    const left = site.registry
      .all()
      .filter(({ type }) => type === "number")
      .flatMap(({ id }) => site.store.latest(id))
      .filter(({ quality }) => quality !== "good");
    assert.deepEqual(left, [], `well again after the faults; ${note}`);
    for (const unit of unitIds) {
      const inForce = site.writer.array(`u${unit}`)[0]?.inForce;
      if (inForce !== undefined) assert.equal(site.held.get(unit), inForce.value, note);
    }
    await site.stop();
  });
}
