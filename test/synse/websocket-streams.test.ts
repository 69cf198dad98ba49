import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { ReadingListener } from "../../devices/store.ts";
import { anybody } from "../../server/access/principal.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { type Answer, openSocket, socketsOf, until } from "../support/sockets.ts";
import { good, testDevice, valueId } from "../support/device.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1", "x/a"] },
  { alias: "meter", type: "power", outputs: [["count"]], tags: ["rack:r2"] },
];
const values = {
  "fan-1/rpm": 4200,
  "fan-1/duty": 40,
  "probe/temperature": 21,
  "meter/count": 2n ** 64n - 1n,
};

const valueIn = ({ data }: Answer): unknown => (data as { value: unknown }).value;

test("a stream begins with the present readings; then come those that are new", async (t) => {
  const { http, site, clock, table } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  client.send('{"id":"mine","event":"request/read_stream","data":{"ids":["meter","fan-1"]}}');
  const first = [await client.next(), await client.next(), await client.next()];
  for (const { id, event, text } of first) {
    assert.deepEqual([id, event], ["mine", "response/reading"]);
    assert.match(text, /^\{"id":"mine","event":"response\/reading","data":\{"device":"[^"]+","timestamp":/);
  }
  const present = first.map(({ text }) => /"value":(\d+)/.exec(text)?.[1]);
  assert.deepEqual(present.sort(), ["18446744073709551615", "40", "4200"]);
  table.values.set("fan-1/rpm", 4300);
  table.values.set("probe/temperature", 22);
  await clock.advance(1000);
  const second = [await client.next(), await client.next(), await client.next()];
  assert.ok(second.some((answer) => valueIn(answer) === 4300));
  assert.ok(second.every((answer) => valueIn(answer) !== 22));
  table.values.delete("fan-1/rpm");
  await clock.advance(1000);
  const third = [await client.next(), await client.next(), await client.next()];
  const bad = third.find((answer) => valueIn(answer) === null);
  assert.match(bad?.text ?? "", /"quality":"bad","reason":"NO_ANSWER"/);
  assert.equal(site.synse.streams.size, 1);
});

/** The `data` of a stream, and the aliases of the devices it is about. */
const selections: readonly (readonly [data: unknown, aliases: readonly string[]])[] = [
  [undefined, ["fan-1", "meter", "probe"]],
  [{}, ["fan-1", "meter", "probe"]],
  [{ ids: null, tags: null, tag_groups: null, stop: false }, ["fan-1", "meter", "probe"]],
  [{ ids: [], tags: [], tag_groups: [], ns: "" }, ["fan-1", "meter", "probe"]],
  [{ ids: ["probe"] }, ["probe"]],
  [{ ids: "probe" }, ["probe"]],
  [{ ids: ["probe", "probe", "meter"] }, ["meter", "probe"]],
  [{ tag_groups: ["default/rack:r1"] }, ["fan-1", "probe"]],
  [{ tag_groups: ["default/rack:r1", "x/a"] }, ["probe"]],
  [{ tag_groups: [["default/rack:r2"], ["x/a"]] }, ["meter", "probe"]],
  [{ tag_groups: "default/rack:r2" }, ["meter"]],
  [{ tag_groups: ["system/type:fan"] }, ["fan-1"]],
  [{ ids: ["meter"], tag_groups: [["x/a"]] }, ["meter", "probe"]],
  [{ tags: ["rack:r1"] }, ["fan-1", "probe"]],
  [{ tags: ["a"], ns: "x" }, ["probe"]],
  [{ tags: [["rack:r2"]], tag_groups: [["x/a"]] }, ["meter", "probe"]],
];

test("a stream is about the devices named and those with the tags", async (t) => {
  const { http, site } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  for (const [data, aliases] of selections) {
    client.send({ id: 1, event: "request/read_stream", data });
    client.send({ id: 1, event: "request/read_stream", data: { stop: true } });
    client.send({ id: 2, event: "request/read_stream", data });
    const outputs = devices
      .filter(({ alias }) => aliases.includes(alias))
      .reduce((sum, { outputs }) => sum + outputs.length, 0);
    const found = new Set<string>();
    for (let left = outputs; left > 0;) {
      const { id, data } = await client.next();
      const device = site.registry.get((data as { device: string }).device);
      found.add(device?.alias ?? "");
      if (id === 2) left--;
    }
    assert.deepEqual([...found].sort(), aliases, JSON.stringify(data));
    client.send({ id: 2, event: "request/read_stream", data: { stop: true } });
    assert.equal((await client.ask("request/status")).event, "response/status");
    assert.equal(http.sockets.counts().streams, 0);
  }
});

test("a selection without its namespace, or of nothing, is silent until a device fits", async (t) => {
  const { http, site } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  client.send({ id: "none", event: "request/read_stream", data: { tag_groups: [["rack:r1"]] } });
  client.send({ id: "late", event: "request/read_stream", data: { tag_groups: [["x/late"]] } });
  client.send({ id: "all", event: "request/read_stream", data: { ids: ["meter"] } });
  assert.equal((await client.next()).id, "all");
  const late = testDevice("late", ["temperature"], { tags: ["x/late"] });
  site.registry.add([late]);
  site.store.declare(late);
  site.store.publish([good(valueId("late"), site.clock.now(), 7)]);
  const answer = await client.next();
  assert.deepEqual([answer.id, valueIn(answer)], ["late", 7]);
  site.registry.replace([late], []);
  site.store.forget(late);
  site.store.publish([good(valueId("late"), site.clock.now(), 8)]);
  assert.equal((await client.ask("request/status")).event, "response/status");
  assert.equal(client.unread(), 0);
});

test("streams of one socket are independent; stop ends the one of its id, or all", async (t) => {
  const { http, site, clock } = await tableSite(t, devices, values);
  const client = await openSocket(t, http);
  const take = async (count: number): Promise<readonly unknown[]> => {
    const ids = [];
    for (let i = 0; i < count; i++) ids.push((await client.next()).id);
    return ids.sort();
  };
  client.send({ id: "a", event: "request/read_stream", data: { ids: ["probe"] } });
  client.send({ id: "b", event: "request/read_stream", data: { ids: ["probe", "meter"] } });
  client.send({ id: "c", event: "request/read_stream", data: { ids: ["meter"] } });
  assert.deepEqual(await take(4), ["a", "b", "b", "c"]);
  await clock.advance(1000);
  assert.deepEqual(await take(4), ["a", "b", "b", "c"]);
  client.send({ id: "b", event: "request/read_stream", data: { stop: true } });
  await until(() => site.synse.streams.size === 2);
  await clock.advance(1000);
  assert.deepEqual(await take(2), ["a", "c"]);
  client.send({ id: "other", event: "request/read_stream", data: { stop: true } });
  await until(() => site.synse.streams.size === 0);
  await clock.advance(1000);
  client.send({ id: "d", event: "request/read_stream", data: { ids: ["meter"] } });
  assert.deepEqual(await take(1), ["d"]);
});

test("stopping what does not run is no error, and streams of other sockets go on", async (t) => {
  const { http, site, clock } = await tableSite(t, devices, values);
  const [one, other] = [await openSocket(t, http), await openSocket(t, http)];
  other.send({ id: 1, event: "request/read_stream", data: { ids: ["probe"] } });
  await other.next();
  one.send({ id: 1, event: "request/read_stream", data: { stop: true } });
  assert.equal((await one.ask("request/status")).event, "response/status");
  await clock.advance(1000);
  assert.equal(valueIn(await other.next()), 21);
  assert.equal(site.synse.streams.size, 1);
});

test("more streams than a socket may have are refused, until one is stopped", async (t) => {
  const { site } = await tableSite(t, devices, values);
  const http = await socketsOf(t, site, { limits: { streams: 2 } });
  const client = await openSocket(t, http);
  const data = { tag_groups: ["x/none"] };
  client.send({ id: "a", event: "request/read_stream", data });
  client.send({ id: "b", event: "request/read_stream", data });
  const refused = await client.ask("request/read_stream", data);
  assert.equal((refused.data as { http_code: number }).http_code, 429);
  client.send({ id: "b", event: "request/read_stream", data: { stop: true } });
  client.send({ id: "c", event: "request/read_stream", data: { ids: ["probe"] } });
  assert.equal((await client.next()).id, "c");
});

test("a client that leaves in the middle leaves nothing behind", async (t) => {
  const { http, site, clock, table } = await tableSite(t, devices, values);
  let listening = 0;
  const subscribe = site.store.subscribe.bind(site.store);
  t.mock.method(site.store, "subscribe", (listener: ReadingListener) => {
    const stop = subscribe(listener);
    listening++;
    return () => {
      listening--;
      stop();
    };
  });
  let open: () => void = () => undefined;
  table.gates.set("fan-1", new Promise((resolve) => (open = resolve)));
  const waiting = clock.waiting;
  for (let i = 0; i < 30; i++) {
    const client = await openSocket(t, http);
    client.send({ id: 1, event: "request/read_stream" });
    client.send({ id: 2, event: "request/read_stream", data: { ids: ["probe"] } });
    client.send({
      id: 3,
      event: "request/write_sync",
      data: { device: "fan-1", payload: { action: "speed", data: "50" } },
    });
    await until(() => client.unread() > 0 && http.sockets.counts().requests > 0);
    if (i % 2 === 0) client.socket.terminate();
    else client.socket.close();
    await client.closed;
    await until(() => http.sockets.counts().sockets === 0);
    assert.equal(listening, 0);
  }
  assert.deepEqual(http.sockets.counts(), { sockets: 0, requests: 0, streams: 0, readings: 0 });
  assert.equal(site.synse.streams.size, 0);
  // What was written goes on, and is remembered like any other write.
  open();
  await clock.advance(60_000);
  assert.equal(site.synse.transactions(anybody("test")).length, 30);
  assert.ok(clock.waiting <= waiting + 2, `${clock.waiting} things wait, ${waiting} did before`);
});

test("a slow reader holds back nobody, and gets of each value only the newest", async (t) => {
  const { http, site } = await tableSite(t, devices, values);
  const many = Array.from({ length: 200 }, (_, i) =>
    testDevice(`many-${i}`, ["temperature"], { tags: ["x/many"] }),
  );
  site.registry.add(many);
  for (const device of many) site.store.declare(device);
  const publish = (value: number): void =>
    site.store.publish(many.map(({ id }) => good(valueId(id), site.clock.now(), value)));
  const [slow, quick] = [await openSocket(t, http), await openSocket(t, http)];
  for (const client of [slow, quick])
    client.send({ id: 1, event: "request/read_stream", data: { tag_groups: ["x/many"] } });
  await until(() => slow.unread() === 200 && quick.unread() === 200);
  slow.socket.pause();
  let round = 0;
  let expected = 200;
  // Until what the sockets of both ends take on their own is full.
  while (http.sockets.counts().readings < 200) {
    publish(++round);
    expected += 200;
    await until(() => quick.unread() === expected);
  }
  for (let i = 0; i < 100; i++) publish(++round);
  // However much is published, no more waits for each of them than there are values.
  assert.equal(http.sockets.counts().readings, 2 * 200);
  expected += 200;
  await until(() => quick.unread() === expected);
  assert.ok(http.sockets.counts().readings <= 200);
  const drained = once(slow.socket, "message");
  slow.socket.resume();
  await drained;
  const last = new Map<unknown, unknown>();
  let count = 200;
  for (let i = 0; i < 200; i++) await slow.next();
  while (last.size < 200 || [...last.values()].some((value) => value !== round)) {
    const answer = await slow.next();
    last.set((answer.data as { device: string }).device, valueIn(answer));
    count++;
  }
  assert.ok(count < 200 * (round + 1), `${count} of ${200 * (round + 1)} came`);
  assert.equal(http.sockets.counts().readings, 0);
});
