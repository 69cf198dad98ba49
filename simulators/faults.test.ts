import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { TestClock } from "../test/support/test-clock.ts";
import { FaultError, faultFrom, faultKinds, faultSpecs, parseFault, parseScript } from "./fault-text.ts";
import { buildRtu, parseRtu } from "./modbus/codec.ts";
import { createSimulatedSite, type SimulatedSite } from "./site.ts";
import type { Wire } from "./wire.ts";

const char = 10_000 / 9600;

interface Rig {
  readonly clock: TestClock;
  readonly site: SimulatedSite;
  /** Sends a request on line A and gives what came back, and when its last byte came, within 300 ms. */
  readonly ask: (
    unit: number,
    pdu: string,
    wait?: number,
  ) => Promise<{ readonly hex: string; readonly took: number }>;
}

const hexOf = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString("hex");
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

async function rig(): Promise<Rig> {
  const clock = new TestClock();
  const site = await createSimulatedSite({ clock, wires: "memory", seed: 5 });
  const [lineA] = site.lines;
  assert.ok(lineA?.kind === "memory");
  const got: number[] = [];
  let last = 0;
  lineA.wire.onData((bytes) => {
    got.push(...bytes);
    last = clock.monotonic();
  });
  return {
    clock,
    site,
    async ask(unit, pdu, wait = 300) {
      got.length = 0;
      const start = clock.monotonic();
      lineA.wire.write(buildRtu({ unit, pdu: bytesOf(pdu) }));
      await clock.advance(wait);
      return { hex: hexOf(got), took: last - start };
    },
  };
}

const identity = "04 0000 0001"; // of the fan tray: 0x464e
const healthy = hexOf(buildRtu({ unit: 1, pdu: bytesOf("04 02 464e") }));

test("without faults the tray answers in time", async () => {
  const { ask, site } = await rig();
  const { hex, took } = await ask(1, identity);
  assert.equal(hex, healthy);
  const expected = (8 + 3.5 + 7) * char + site.unit("tray-a").turnaround;
  assert.ok(Math.abs(took - expected) < 1e-6, `${took} against ${expected}`);
  assert.equal((await ask(77, identity)).hex, "", "no such unit");
});

test("silent, for as long as it was said", async () => {
  const { ask, site } = await rig();
  site.fault("tray-a silent for 1s");
  assert.equal((await ask(1, identity, 600)).hex, "");
  assert.equal((await ask(1, identity, 399)).hex, "");
  assert.equal(site.faults().length, 1);
  assert.equal((await ask(1, identity, 300)).hex, healthy);
  assert.equal(site.faults().length, 0);
});

test("slow and late", async () => {
  const { ask, site, clock } = await rig();
  const { took } = await ask(1, identity);
  const slow = site.fault("tray-a slow 120ms");
  assert.ok(Math.abs((await ask(1, identity)).took - took - 120) < 1e-6);
  site.clear(slow.id);
  site.fault("tray-a late");
  assert.equal((await ask(1, identity, 1000)).hex, "");
  site.clear();
  const other = await ask(12, "04 0001 0001", 250);
  assert.equal(other.hex.slice(0, 6), "0c0402", "others answer meanwhile");
  await clock.advance(1000);
  assert.equal((await ask(1, identity)).hex, healthy);
});

test("an answer that comes late comes whole", async () => {
  const { ask, site } = await rig();
  site.fault("tray-a late 900ms");
  assert.equal((await ask(1, identity, 2000)).hex, healthy);
});

test("damaged answers", async () => {
  const { ask, site } = await rig();
  const damaged = async (kind: string): Promise<string> => {
    site.clear();
    site.fault(`tray-a ${kind}`);
    return (await ask(1, identity)).hex;
  };
  const badCrc = await damaged("bad-crc");
  assert.equal(badCrc.slice(0, -4), healthy.slice(0, -4));
  assert.equal(parseRtu(bytesOf(badCrc)), undefined);
  assert.equal(await damaged("short-frame"), healthy.slice(0, -6));
  assert.equal(await damaged("long-frame"), `${healthy.slice(0, -4)}55aa0ff0${healthy.slice(-4)}`);
  assert.deepEqual(parseRtu(bytesOf(await damaged("wrong-unit")))?.unit, 2);
  assert.equal(await damaged("exception 6"), hexOf(buildRtu({ unit: 1, pdu: bytesOf("84 06") })));
});

test("a refusal by fault does not carry the write out", async () => {
  const { ask, site } = await rig();
  site.fault("tray-a exception 6");
  await ask(1, "06 0000 02bc");
  assert.deepEqual(site.unit("tray-a").readWords("holding", 0, 1), [500]);
});

test("with a probability, some answers are hit, and the same ones with the same seed", async () => {
  const run = async (): Promise<string> => {
    const { ask, site } = await rig();
    site.fault("tray-a silent with probability 50%");
    let pattern = "";
    for (let i = 0; i < 40; i++) pattern += (await ask(1, identity)).hex === "" ? "." : "x";
    return pattern;
  };
  const first = await run();
  assert.match(first, /\..*x|x.*\./);
  assert.equal(await run(), first);
});

test("a stuck sensor keeps its value until the fault ends", async () => {
  const { site, clock } = await rig();
  site.fault("probe-inlet stuck at 55.5 for 10s");
  await clock.advance(5000);
  assert.deepEqual(site.unit("probe-inlet").readWords("input", 1, 1), [555]);
  await clock.advance(6000);
  assert.notDeepEqual(site.unit("probe-inlet").readWords("input", 1, 1), [555]);
  site.fault({ target: "probe-inlet", kind: "stuck", sensor: "humidity", value: 12 });
  assert.deepEqual(site.unit("probe-inlet").readWords("input", 2, 1), [120]);
});

test("a dead fan is reported by its tachometer and its fault bit", async () => {
  const { site, clock } = await rig();
  site.fault("tray-a dead-fan 3");
  await clock.advance(30_000);
  const [rpm3 = NaN, rpm4 = NaN] = site.unit("tray-a").readWords("input", 3, 2);
  assert.ok(rpm3 < 60 && rpm4 > 1800, `${rpm3}, ${rpm4}`);
  assert.deepEqual(site.unit("tray-a").readWords("input", 10, 1), [0b100]);
  site.clear();
  await clock.advance(30_000);
  assert.deepEqual(site.unit("tray-a").readWords("input", 10, 1), [0]);
});

test("a cut line passes nothing, either way, and heals", async () => {
  const { ask, site } = await rig();
  site.fault("line-a line-cut");
  await ask(1, "06 0000 02bc");
  assert.deepEqual(site.unit("tray-a").readWords("holding", 0, 1), [500]);
  site.clear();
  assert.equal((await ask(1, identity)).hex, healthy);
  await ask(1, identity, 15); // heard by now, not yet answered
  site.fault("line-a line-cut for 90ms");
  assert.equal((await ask(12, "04 0001 0001", 99)).hex, "");
  assert.equal((await ask(1, identity)).hex, healthy);
});

test("noise damages what it hits, and nothing gets through as something else", async () => {
  const { ask, site } = await rig();
  site.fault("line-a noise 2%");
  let right = 0;
  let damaged = 0;
  for (let i = 0; i < 60; i++) {
    const { hex } = await ask(1, identity);
    if (hex === healthy) right++;
    else damaged++;
    assert.ok(hex === healthy || parseRtu(bytesOf(hex)) === undefined, hex);
  }
  assert.ok(right > 0 && damaged > 0, `${right} right, ${damaged} damaged`);
});

test("faults of the site are seen by the equipment", async () => {
  const { site, clock } = await rig();
  const io = site.unit("io-1");
  assert.deepEqual(io.readBits("discrete", 0, 4), [true, true, false, true]);
  for (const kind of ["door-open", "smoke", "leak", "mains-loss"]) site.fault(`site ${kind}`);
  await clock.advance(5000);
  assert.deepEqual(io.readBits("discrete", 0, 4), [false, false, true, false]);
  assert.deepEqual(site.unit("dc-1").readWords("input", 11, 2), [2, 1]);
  assert.deepEqual(site.unit("ups-1").readWords("holding", 0, 2), [0, (1 << 2) | (1 << 6)]);
  assert.deepEqual(site.unit("meter-1").readWords("input", 0, 2), [0, 0]);
  site.clear();
  await clock.advance(5000);
  assert.deepEqual(io.readBits("discrete", 0, 4), [true, true, false, true]);
  assert.deepEqual(site.unit("dc-1").readWords("input", 11, 2), [0, 0]);
});

test("the air-conditioner locks out and comes back", async () => {
  const { site, clock } = await rig();
  site.fault("dx-1 lockout for 20s");
  await clock.advance(10_000);
  assert.deepEqual(site.unit("dx-1").readWords("input", 5, 1), [7]);
  await clock.advance(15_000);
  assert.notDeepEqual(site.unit("dx-1").readWords("input", 5, 1), [7]);
});

test("Modbus TCP: answers, refuses absent units, and suffers faults", async () => {
  const { site, clock } = await rig();
  assert.ok(site.endpoint.kind === "memory");
  const wire: Wire = site.endpoint.connect();
  let got = "";
  wire.onData((bytes) => {
    got += hexOf(bytes);
  });
  const ask = async (frame: string): Promise<string> => {
    got = "";
    wire.write(bytesOf(frame));
    await clock.advance(100);
    return got;
  };
  const counts = "0007 0000 0006 01 03 0003 0001";
  const right = "00070000000501" + "03020008";
  assert.equal(await ask(counts), right);
  assert.equal(await ask("0008 0000 0006 09 03 0000 0001"), "00080000000309" + "830b");
  site.fault("pdu-1 wrong-unit");
  assert.equal(await ask(counts), "00070000000502" + "03020008");
  site.clear();
  site.fault("tcp line-cut");
  assert.equal(await ask(counts), "");
  site.clear();
  assert.equal(await ask(counts), right);
  assert.throws(() => site.fault("pdu-1 bad-crc"), /Modbus TCP has no check sum/);
});

test("faults as text and as data", () => {
  const cases: readonly (readonly [string, object])[] = [
    ["tray-a silent for 30s", { kind: "silent", duration: 30_000 }],
    ["tray-a slow 300ms", { kind: "slow", delay: 300 }],
    ["tray-a late with probability 30% for 5m", { kind: "late", probability: 0.3, duration: 300_000 }],
    ["tray-a late 2s", { kind: "late", delay: 2000 }],
    ["tray-a exception 6", { kind: "exception", code: 6 }],
    ["tray-a stuck", { kind: "stuck" }],
    ["tray-a stuck at -3.5", { kind: "stuck", value: -3.5 }],
    ["tray-a stuck fan-2 at 0 for 1h", { kind: "stuck", sensor: "fan-2", value: 0, duration: 3_600_000 }],
    ["tray-a noise 0.1%", { kind: "noise", bits: 0.001 }],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(parseFault(text), { target: "tray-a", ...expected }, text);
  }
  assert.deepEqual(faultFrom({ target: "tray-a", kind: "slow", delay: "2s", probability: 0.5 }), {
    target: "tray-a",
    kind: "slow",
    delay: 2000,
    probability: 0.5,
  });
});

test("what is wrong with a fault is said, and what is allowed", async () => {
  const { site } = await rig();
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ["tray-a", /write <target> <kind>/],
    ["tray-a asleep", /no fault is called "asleep"; there are silent, slow, .*leak/],
    ["tray-a slow", /slow wants a duration such as 300ms or 2s/],
    ["tray-a slow 300", /delay of slow must be a duration .*, not "300"/],
    ["tray-a exception 0", /must be an exception code 1\.\.255, not "0"/],
    ["tray-a silent loudly", /"loudly" means nothing/],
    ["tray-a silent for", /"for" wants a value/],
    ["tray-a silent for ever", /duration of silent must be a duration such as 30s or 5m, not "ever"/],
    ["tray-z silent", /silent cannot be put on "tray-z"; it can be on tray-a, probe-inlet/],
    ["line-a silent", /silent cannot be put on "line-a"/],
    ["probe-inlet dead-fan 1", /cannot be put on probe-inlet: it has no fans/],
    ["tray-z dead-fan 1", /it can be on tray-a, bmc-1, .*bmc-8$/],
    ["tray-z lockout", /it can be on dx-1$/],
    ["bmc-3 hang 4/2d", /command of hang must be a command as netFn\/cmd/],
    ["tray-a reboot", /reboot cannot be put on "tray-a"; it can be on bmc-1/],
    ["probe-inlet swapped temperature dx-1.nose", /dx-1 has no sensor "nose"; it has return, supply/],
    ["probe-inlet swapped temperature temperature", /cannot be swapped with itself/],
    ["probe-inlet fahrenheit humidity", /must be the name of a temperature sensor/],
    ["probe-inlet stuck pressure at 3", /no sensor "pressure"; it has temperature, humidity/],
    ["site smoke with probability 50%", /smoke takes no probability; it takes duration/],
    [{ target: "tray-a", kind: "silent", colour: "red" }, /silent takes no colour/],
    [{ kind: "silent" }, /needs a target and a kind/],
    [{ target: "tray-a", kind: "slow", delay: ["2s"] }, /delay must be text or a number/],
    [7, /a line of text or a map/],
  ];
  for (const [fault, message] of wrong) {
    assert.throws(
      () => site.fault(fault),
      (error: unknown) => error instanceof FaultError && message.test(error.message),
      String(fault),
    );
  }
  assert.throws(() => site.clear(99), /no fault 99 is active/);
  assert.equal(site.faults().length, 0);
});

test("a script plays at its times", async () => {
  const { site, clock } = await rig();
  const stop = site.script(`
- { at: 2s, target: tray-a, kind: silent, duration: 1s }
- { at: 1s, fault: "site door-open for 5s" }
- { at: 9s, fault: "site smoke" }
`);
  const kinds = (): string =>
    site
      .faults()
      .map(({ kind }) => kind)
      .join(" ");
  await clock.advance(999);
  assert.equal(kinds(), "");
  await clock.advance(1);
  assert.equal(kinds(), "door-open");
  await clock.advance(1500);
  assert.equal(kinds(), "door-open silent");
  await clock.advance(2500);
  assert.equal(kinds(), "door-open");
  stop();
  await clock.advance(10_000);
  assert.equal(kinds(), "");
});

test("what is wrong with a script is said by entry", () => {
  assert.throws(() => parseScript("at: 1s"), /a script is a list/);
  assert.throws(
    () => parseScript('- { at: 1s, fault: "tray-a silent" }\n- { fault: "tray-a silent" }'),
    /entry 2: at must be/,
  );
  assert.throws(() => parseScript('- { at: 1s, fault: "tray-a asleep" }'), /entry 1: no fault is called/);
  assert.throws(
    () => parseScript('- { at: 1s, fault: "tray-a silent", kind: slow }'),
    /entry 1: give either/,
  );
});

test("any text is a fault or a FaultError", () => {
  const word = fc.constantFrom(
    ...faultKinds,
    "tray-a",
    "for",
    "with",
    "probability",
    "30s",
    "30%",
    "6",
    "at",
    "x",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(" ")),
      ),
      (text) => {
        try {
          assert.ok(parseFault(text).kind in faultSpecs);
        } catch (error) {
          assert.ok(error instanceof FaultError, String(error));
        }
      },
    ),
  );
});

test("a closed site leaves nothing waiting", async () => {
  const { site, clock, ask } = await rig();
  site.fault("tray-a late for 1m");
  site.script('- { at: 30s, fault: "site smoke" }');
  await ask(1, identity);
  await site.close();
  await site.close();
  assert.equal(clock.waiting, 0);
});

test("the example of every fault is one, and can be had", async () => {
  const { site } = await rig();
  for (const kind of faultKinds) assert.equal(site.fault(faultSpecs[kind].example).kind, kind);
});

test("the README names every fault, unit and product", async () => {
  const { site } = await rig();
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const names = site.units().flatMap(({ name, unit }) => [name, unit.product]);
  for (const name of [...faultKinds, ...names]) assert.match(readme, new RegExp(`\`${name}[\` ]`), name);
});
