import assert from "node:assert/strict";
import { test } from "node:test";
import { valuesOf } from "./device.ts";
import { makeDevice, sitePluginId } from "./make-device.ts";
import { outputNamed } from "./output.ts";
import type { PluginMeta } from "./plugin.ts";

const meta: PluginMeta = { maintainer: "acme", name: "brook", description: "", vcs: "", version: "1.0.0" };
const place = { site: { id: "hut-17" }, link: "box", at: [1, "11"] };
const parts = { type: "temperature", info: "Inlet", outputs: [{ output: outputNamed("temperature") }] };

test("an id follows from the site, the link, the place on it and the type, and from nothing else", () => {
  const { id } = makeDevice(meta, place, parts);
  const described = { alias: "a", info: "Other", tags: ["rack:r1"], context: { row: "7" }, sortIndex: 3 };
  assert.equal(makeDevice(meta, place, { ...parts, ...described }).id, id);
  const others = [
    makeDevice(meta, { ...place, site: { id: "hut-18" } }, parts),
    makeDevice(meta, { ...place, link: "box-2" }, parts),
    makeDevice(meta, { ...place, at: [11, "1"] }, parts),
    makeDevice(meta, place, { ...parts, type: "humidity" }),
    makeDevice({ ...meta, name: "river" }, place, parts),
  ];
  assert.equal(new Set([id, ...others.map((other) => other.id)]).size, 6);
});

test("tags are written out, each once, with the generated ones last", () => {
  const device = makeDevice(meta, place, { ...parts, tags: ["rack:r1", "site/hut-17", "default/rack:r1"] });
  const generated = [`system/id:${device.id}`, "system/type:temperature"];
  assert.deepEqual(device.tags, ["default/rack:r1", "site/hut-17", ...generated]);
  assert.equal(device.plugin, sitePluginId(meta, place.site));
});

test("the values of a device come in the order of its outputs", () => {
  const outputs = [
    { output: outputNamed("watt"), channel: "l1" },
    { output: outputNamed("watt"), channel: "l2" },
    { output: outputNamed("voltage") },
  ];
  const device = makeDevice(meta, place, { ...parts, outputs });
  assert.deepEqual(valuesOf(device), [
    { device: device.id, output: "watt", channel: "l1" },
    { device: device.id, output: "watt", channel: "l2" },
    { device: device.id, output: "voltage" },
  ]);
});
