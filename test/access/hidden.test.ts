import assert from "node:assert/strict";
import { test } from "node:test";
import { bearer, guardedSite } from "../support/guarded-site.ts";

interface Counts {
  readonly devices: number;
  readonly readings: Readonly<Record<string, number>>;
}

test("whoever has a scope learns no numbers of devices out of it", async (t) => {
  const { ask, token } = await guardedSite(t);
  const get = async (url: string, by: string) => (await ask({ url, headers: bearer(by) })).body;
  const everywhere = token("viewer");
  const near = token("viewer", ["rack:r1"]);
  const both = token("viewer", ["rack:r1", "rack:faroff"]);
  const all = (await get("/api/site", everywhere)) as Counts;
  assert.deepEqual([all.devices, all.readings["values"]], [2, 2]);
  const own = (await get("/api/site", near)) as Counts;
  assert.deepEqual([own.devices, own.readings], [1, { values: 1 }]);

  const bus = async (by: string) => {
    const [listed] = (await get("/api/buses", by)) as Record<string, unknown>[];
    assert.deepEqual(listed, await get("/api/buses/t", by));
    return [listed?.["state"], listed?.["devices"], "poller" in (listed ?? {}), "report" in (listed ?? {})];
  };
  assert.deepEqual(await bus(everywhere), ["open", 2, true, true]);
  assert.deepEqual(await bus(both), ["open", 2, true, true]);
  assert.deepEqual(await bus(near), ["open", 1, false, false]);
});

test("of a transaction out of scope nothing is said but that its id is taken", async (t) => {
  const { ask, token, clock } = await guardedSite(t);
  const everywhere = token("operator");
  const near = token("operator", ["rack:r1"]);
  const write = (by: string, device: string, transaction: string) =>
    ask({
      method: "POST",
      url: `/v3/write/${device}`,
      headers: bearer(by),
      payload: { action: "speed", data: "50", transaction },
    });
  for (const [device, id] of [
    ["faroff-fan", "call-1"],
    ["fan-near", "call-2"],
  ] as const)
    assert.equal((await write(everywhere, device, id)).status, 200);
  await clock.advance(1000);
  const refused = async (id: string): Promise<string> => {
    const { status, text } = await write(near, "fan-near", id);
    assert.equal(status, 409);
    return text.replaceAll(id, "ID");
  };
  assert.equal(await refused("call-1"), await refused("call-2"), "one's own is refused in the same words");

  const known = async (id: string) => {
    const { status, text } = await ask({ url: `/v3/transaction/${id}`, headers: bearer(near) });
    return [status, text.replaceAll(id, "ID")];
  };
  assert.deepEqual(await known("call-1"), await known("call-3"), "asked for, it is as if not there");
  assert.equal((await known("call-2"))[0], 200);
  assert.deepEqual((await ask({ url: "/v3/transaction", headers: bearer(near) })).body, ["call-2"]);
  assert.equal((await write(near, "faroff-fan", "call-1")).status, 404, "whether or not the id is taken");
});
