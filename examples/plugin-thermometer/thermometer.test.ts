// The plugin against its simulator, over a real socket, through everything a site has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../devices/clock.ts";
import { priority, silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { slots } from "../../devices/transaction.ts";
import { memoryLine } from "../../plugins/transport/memory-line.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { createSite, type Site } from "../../server/site.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import { thermometer } from "./index.ts";
import { Box, LineReader, valueOf } from "./protocol.ts";
import { simulateBox } from "./simulator.ts";

const sample = readFileSync(new URL("sample.yaml", import.meta.url), "utf8");

/** A running site on the sample's configuration, with its box at `port`. */
function startSite(t: TestContext, port: number): Site {
  const text = sample.replace("port: 7070", `port: ${port}`).replace("poll: 1s", "poll: 100ms");
  const { config, plans, faults } = readConfig(text, "sample.yaml", [thermometer], { BOX_HOST: "127.0.0.1" });
  assert.deepEqual(faults.map(faultText), []);
  assert.ok(config !== undefined);
  const site = createSite(config, plans, { clock: systemClock, log: silentLog, plugins: [thermometer] });
  site.start();
  t.after(() => site.stop());
  return site;
}

/** Waits for a reading of a device's first output that is as wanted. */
async function until(site: Site, alias: string, wanted: (reading: Reading) => boolean): Promise<Reading> {
  const device = site.registry.get(alias);
  assert.ok(device !== undefined, alias);
  const [now] = site.store.latest(device.id);
  if (now !== undefined && wanted(now)) return now;
  for await (const reading of site.store.stream((id) => id.device === device.id, site.signal))
    if (wanted(reading)) return reading;
  throw new Error("the site was stopped");
}

const shows =
  (wanted: unknown) =>
  (reading: Reading): boolean =>
    reading.quality === "good" && reading.value === wanted;
const isBad =
  (code: string) =>
  (reading: Reading): boolean =>
    reading.quality === "bad" && reading.reason.code === code;

test(
  "channels become readings, and what is not there is bad with a reason",
  { timeout: 20_000 },
  async (t) => {
    const box = await simulateBox();
    t.after(() => box.close());
    box.temperatures.set("T1", 21.5).set("T2", undefined);
    const site = startSite(t, box.port);
    await until(site, "inlet", shows(21.5));
    await until(site, "outlet", isBad("ABSENT"));
    await until(site, "heater", isBad("NO_SUCH_POINT"));
    box.temperatures.set("T1", -4);
    await until(site, "inlet", shows(-4));
  },
);

test("a write is done when the box shows it, and survives a hang-up", { timeout: 20_000 }, async (t) => {
  const box = await simulateBox();
  t.after(() => box.close());
  box.relays.set("R1", false);
  const site = startSite(t, box.port);
  await until(site, "heater", shows("off"));
  const request = { device: "heater", action: "switch", slot: slots.operator, who: "test", why: "cold" };
  const { id } = site.writer.submit({ ...request, data: "on" });
  const done = await site.writer.wait(id);
  assert.deepEqual([done.status, done.message], ["DONE", "read back on"]);
  assert.equal(box.relays.get("R1"), true);
  assert.throws(() => site.writer.submit({ ...request, data: "warm" }), { code: "BAD_VALUE" });
  // The box restarts and has forgotten: the line is opened again, and what is in force is told again.
  box.relays.set("R1", false);
  box.hangUp();
  await until(site, "heater", isBad("LINE_DOWN"));
  await until(site, "heater", shows("on"));
});

test("a box that falls silent is bad, and heals", { timeout: 20_000 }, async (t) => {
  const box = await simulateBox();
  t.after(() => box.close());
  box.temperatures.set("T1", 20);
  const site = startSite(t, box.port);
  await until(site, "inlet", shows(20));
  box.silent = true;
  const reading = await until(site, "inlet", ({ quality }) => quality === "bad");
  assert.match(reading.quality === "bad" ? reading.reason.text : "", /did not answer within 500 ms/);
  box.silent = false;
  await until(site, "inlet", shows(20));
});

test("faults of a configuration are told with their places", () => {
  const text = sample
    .replace("poll: 1s", "poll: 1ms")
    .replace("channel: T2", "channel: T1")
    .replace("R1", "X1")
    .replace("alias: heater", "alias: inlet");
  const { faults } = readConfig(text, "sample.yaml", [thermometer], {});
  assert.deepEqual(
    faults.map(({ path, message }) => `${path}: ${message}`),
    [
      "buses.box.poll: the box is too slow for that",
      "devices[1].channel: T1 is used twice on box",
      "devices[2].channel: `X1` is not written as expected",
      "devices[2].alias: `inlet` is also the alias of devices[0]",
    ],
  );
});

test("lines come whole however their bytes arrive, and no bytes break the reader", () => {
  const line = fc.stringMatching(/^[ -~]{0,60}[!-~]$/);
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
      const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(""));
      const reader = new LineReader();
      const got: (string | undefined)[] = [];
      let from = 0;
      for (const cut of cuts) got.push(...reader.feed(bytes.slice(from, (from += cut))));
      got.push(...reader.feed(bytes.slice(from)));
      assert.deepEqual(got, lines);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      for (const text of new LineReader().feed(bytes)) assert.ok(text === undefined || text.length <= 64);
    }),
  );
});

test("any text is a value or a reason", () => {
  fc.assert(
    fc.property(fc.constantFrom("T1", "R1"), fc.string(), (channel, text) => {
      const answer = valueOf(channel, text);
      assert.ok(answer.quality === "bad" || typeof answer.value === (channel === "R1" ? "string" : "number"));
    }),
  );
  assert.deepEqual(valueOf("T1", "21.5"), { quality: "good", value: 21.5 });
  assert.equal(valueOf("T1", "1e3").quality, "bad");
});

test("an answer that comes too late is nobody's", async () => {
  const clock = new TestClock();
  const line = memoryLine(() => undefined);
  const box = new Box(line, { name: "box", timeout: 500, clock });
  const options = { priority: priority.poll, deadline: 0, signal: new AbortController().signal };
  const first = box.ask("T1", "?", options);
  const next = box.ask("T1", "?", options);
  const both = Promise.allSettled([first, next]);
  await clock.advance(500);
  line.arrive(new TextEncoder().encode("T1=99.9\n"));
  assert.deepEqual(
    (await both).map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.equal((await box.closed)?.code, "NO_ANSWER");
});
