import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Link } from "../../devices/link.ts";
import { type LinkPlan, type Plugin, type RemotePlugin, silentLog } from "../../devices/plugin.ts";
import { pluginId } from "../../devices/ids.ts";
import { BothyError } from "../../devices/errors.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import type { BusPart } from "../../server/parts.ts";
import { PluginViews } from "../../server/synse/plugins.ts";
import { planOf, TestConnection } from "../support/connection.ts";
import { Table, tablePlugin } from "../support/table-plugin.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const mine = tablePlugin(new Table()) as Plugin;
const others = { ...mine, name: "others", remote: true };
const id = pluginId("bothy/table", "hut");

/** A plugin of the same id as ours that runs by itself. */
const twin = (name: string): RemotePlugin => ({
  id,
  name,
  maintainer: "somebody",
  tag: `somebody/${name}`,
  description: "",
  vcs: "-",
  network: { address: "10.0.0.1:5001", protocol: "tcp" },
  version: {
    plugin_version: "7",
    sdk_version: "-",
    build_date: "-",
    git_commit: "-",
    git_tag: "-",
    arch: "-",
    os: "-",
  },
  health: {
    status: "OK",
    at: 0,
    checks: [{ name: "fan", status: "OK", message: "", timestamp: "", type: "periodic" }],
  },
});

interface Bus {
  readonly name: string;
  readonly remote?: RemotePlugin;
}

/** The listing of a site with these buses. */
async function listing(t: TestContext, buses: readonly Bus[]) {
  const clock = new TestClock();
  const registry = new Registry();
  const store = new ReadingStore({ clock });
  const connections = new Map<string, TestConnection>();
  const parts = new Map<string, BusPart>();
  for (const { name, remote } of buses) {
    const open: LinkPlan["open"] = (deps) => {
      if (remote !== undefined) deps.remote(remote);
      const connection = new TestConnection(clock, []);
      connections.set(name, connection);
      return Promise.resolve(connection);
    };
    const link = new Link(planOf([], open, name), { clock, log: silentLog, registry, store });
    parts.set(name, { link, plugin: remote === undefined ? mine : others });
    link.start();
    t.after(() => link.stop());
  }
  await settle();
  const config = {
    site: { id: "hut", name: "The hut", tags: [] },
    http: { host: "127.0.0.1", port: 0 },
    log: { level: "info" },
    buses: {},
  } as const;
  const views = new PluginViews({ config, plugins: [mine, others], buses: parts, clock });
  const cut = async (name: string): Promise<void> => {
    connections.get(name)?.fail(new BothyError("LINE_DOWN", { source: name, fault: "it was cut" }));
    await settle();
  };
  return { views, cut };
}

const activity = (views: PluginViews): readonly unknown[] =>
  (views.list() as { id: string; tag: string; active: boolean }[]).map((one) => [
    one.id,
    one.tag,
    one.active,
  ]);

test("a plugin of this process and one outside that have one id are one entry", async (t) => {
  const { views, cut } = await listing(t, [{ name: "far", remote: twin("twin") }, { name: "near" }]);
  assert.deepEqual(activity(views), [[id, "bothy/table", true]]);
  const { health, version } = views.info(id) as {
    health: { status: string; checks: { name: string }[] };
    version: { plugin_version: string };
  };
  assert.equal(version.plugin_version, mine.meta.version);
  assert.deepEqual(
    [health.status, health.checks.map(({ name }) => name)],
    ["OK", ["read queue health", "write queue health", "fan"]],
  );
  assert.deepEqual(views.states(), [{ id, active: true, opened: 2, closed: 0 }]);

  await cut("far");
  const after = views.info(id) as { active: boolean; health: { status: string; checks: object[] } };
  assert.deepEqual([after.active, after.health.status, after.health.checks.length], [true, "FAILING", 4]);
  const whole = views.health() as Record<string, unknown>;
  assert.deepEqual([whole["status"], whole["unhealthy"], whole["inactive"]], ["unhealthy", [id], 0]);
});

test("two plugins outside that have one id are one entry, active while either answers", async (t) => {
  const { views, cut } = await listing(t, [
    { name: "a", remote: twin("first") },
    { name: "b", remote: twin("second") },
  ]);
  assert.deepEqual(activity(views), [[id, "somebody/first", true]]);
  await cut("a");
  assert.deepEqual(activity(views), [[id, "somebody/first", true]]);
  await cut("b");
  assert.deepEqual(activity(views), [[id, "somebody/first", false]]);
});
