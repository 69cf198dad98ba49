// Plugins nobody here wrote (Debian python3-grpcio), used as buses: TCP, unix socket, TLS with both certificates, a folder.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { slots } from "../../devices/transaction.ts";
import { valuesOf } from "../../devices/device.ts";
import { deviceOf, shown, shows, startPeer, startSite, until, untilReadings } from "./synse-peer.ts";

const timeout = 60_000;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "synse-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("a plugin on TCP becomes devices with its ids, tags and readings", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0");
  const bus = { address: `127.0.0.1:${peer.port}`, tags: ["rack:r1", "cold"] };
  const site = startSite(t, { far: bus });
  await untilReadings(site, "peer-3", shows(21.3));
  const lamp = await deviceOf(site, "peer-0");
  assert.deepEqual(lamp, {
    id: lamp.id,
    alias: "peer-0",
    type: "led",
    info: "Test led 0",
    plugin: site.links[0]?.remote?.id,
    handler: "led",
    link: "far",
    tags: ["default/rack:r1", "default/cold", `system/id:${lamp.id}`, "system/type:led"],
    context: { model: "test" },
    outputs: [{ output: { name: "state", type: "state", precision: 0 } }],
    actions: [],
    otherActions: { kind: "text", maxLength: 4096 },
    sortIndex: 0,
    writeTimeout: 35_000,
  });
  const fan = await deviceOf(site, "peer-2");
  assert.deepEqual(
    valuesOf(fan).map(({ output, channel }) => [output, channel]),
    [
      ["rpm", undefined],
      ["rpm", "2"],
    ],
  );
  await untilReadings(site, "peer-2", shows(9007199254740993n, 9007199254740994n));
  await untilReadings(site, "peer-0", shows("off"));
  await untilReadings(site, "peer-1", shows(21.5));
  const remote = site.links[0]?.remote;
  assert.deepEqual(
    [remote?.tag, remote?.network, remote?.version.sdk_version, remote?.health.status],
    ["tests/peer", { address: bus.address, protocol: "tcp" }, "2.1.2", "OK"],
  );
  const { status, healthy, active } = site.synse.plugins.health() as Readonly<Record<string, unknown>>;
  assert.deepEqual([status, healthy, active], ["healthy", [remote?.id], 1]);
});

test("values of every kind, also those that are none, hurt nobody else", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0");
  const site = startSite(t, { far: { address: `127.0.0.1:${peer.port}` } });
  const cases: readonly (readonly [command: string, wanted: unknown])[] = [
    ['{"float64_value": "nan"}', "NOT_A_NUMBER"],
    ['{"float32_value": "-inf"}', "NOT_A_NUMBER"],
    ['{"bytes_hex": "c328"}', "BAD_FRAME"],
    ["{}", "ABSENT"],
    ['{"bytes_hex": "7b2261223a317d"}', '{"a":1}'],
    ['{"bool_value": true}', true],
    ['{"uint64_value": 18446744073709551615}', 18446744073709551615n],
    ['{"int64_value": -9223372036854775808}', -9223372036854775808n],
    ['{"uint32_value": 4294967295}', 4294967295],
    ['{"string_value": "nan"}', "nan"],
    ['{"float32_value": 0.1}', 0.1],
  ];
  for (const [command, wanted] of cases) {
    await peer.tell(`value ${command}`);
    await untilReadings(site, "peer-1", shows(wanted));
  }
  assert.deepEqual(shown(await untilReadings(site, "peer-3", () => true)), [21.3]);
});

const request = { slot: slots.operator, who: "test", why: "test" };

test("a write is done when the plugin says so, and failed in its words", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0", "--period", "1000");
  const site = startSite(t, { far: { address: `127.0.0.1:${peer.port}`, poll: "1h", staleAfter: "never" } });
  await untilReadings(site, "peer-0", shows("off"));
  const { id } = site.writer.submit({ ...request, device: "peer-0", action: "state", data: "on" });
  assert.deepEqual((await site.writer.wait(id)).status, "DONE");
  // Nothing but the reading after the write shows it.
  await untilReadings(site, "peer-0", shows("on"));
  const other = site.writer.submit({ ...request, device: "peer-0", action: "explode" });
  const { status, reason } = await site.writer.wait(other.id);
  assert.deepEqual([status, reason?.code], ["ERROR", "REFUSED"]);
  assert.match(reason?.text ?? "", /\(unsupported write action 'explode'\)/);
  assert.throws(() => site.writer.submit({ ...request, device: "peer-3", action: "state" }), {
    code: "NOT_WRITABLE",
  });
});

test("a write of which nobody knows how it ended says so", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0");
  const site = startSite(t, { far: { address: `127.0.0.1:${peer.port}`, timeout: "500ms" } });
  await untilReadings(site, "peer-0", shows("off"));
  await peer.tell("hang");
  const { id } = site.writer.submit({ ...request, device: "peer-0", action: "state", data: "on" });
  const { status, reason } = await site.writer.wait(id);
  assert.deepEqual([status, reason?.code], ["ERROR", "OUTCOME_UNKNOWN"]);
});

test("a plugin that dies and comes back with other devices", { timeout }, async (t) => {
  const socket = join(folder(t), "plugin.sock");
  const first = await startPeer(t, `unix:${socket}`, "--devices", "3");
  const site = startSite(t, { far: { socket } });
  const list = (): string =>
    site.registry
      .all()
      .map(({ alias }) => alias)
      .join();
  await until(site, () => (list() === "peer-0,peer-1,peer-2,peer-3,peer-4" ? true : undefined));
  await untilReadings(site, "peer-4", shows(21.3));
  await first.die();
  await untilReadings(site, "peer-4", shows("LINE_DOWN"));
  assert.equal(list(), "peer-0,peer-1,peer-2,peer-3,peer-4");
  await startPeer(t, `unix:${socket}`, "--devices", "1");
  await untilReadings(site, "peer-2", shows(9007199254740993n, 9007199254740994n));
  assert.equal(list(), "peer-0,peer-1,peer-2");
});

test("a slow and a silent plugin delay nobody, are bad and heal", { timeout }, async (t) => {
  const good = await startPeer(t, "127.0.0.1:0", "--name", "good");
  const poor = await startPeer(t, "127.0.0.1:0", "--name", "poor");
  const site = startSite(t, {
    good: { address: `127.0.0.1:${good.port}` },
    poor: { address: `127.0.0.1:${poor.port}`, timeout: "500ms" },
  });
  await untilReadings(site, "poor-0", shows("off"));
  await poor.tell("unavailable");
  await untilReadings(site, "poor-0", shows("LINE_DOWN"));
  const { id } = site.writer.submit({ ...request, device: "good-0", action: "state", data: "on" });
  assert.equal((await site.writer.wait(id)).status, "DONE");
  await poor.tell("heal");
  await untilReadings(site, "poor-0", shows("off"));
  await poor.tell("hang");
  await until(site, () => (site.links[1]?.remote?.health.status === "FAILING" ? true : undefined));
  await good.tell('value {"int32_value": 7}');
  await untilReadings(site, "good-1", shows(7));
});

test("readings of a device that died grow stale", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0");
  const site = startSite(t, { far: { address: `127.0.0.1:${peer.port}`, staleAfter: "2s" } });
  await untilReadings(site, "peer-3", shows(21.3));
  await peer.tell("freeze");
  await untilReadings(site, "peer-3", shows("STALE"));
  await peer.tell("thaw");
  await untilReadings(site, "peer-3", shows(21.3));
});

/** A certificate of `name`, signed by `signer`, or by itself. @returns the paths of it and its key */
function certificate(at: string, name: string, signer?: string): readonly [cert: string, key: string] {
  const [cert, key] = [join(at, `${name}.pem`), join(at, `${name}-key.pem`)];
  const signed =
    signer === undefined ? [] : ["-CA", join(at, `${signer}.pem`), "-CAkey", join(at, `${signer}-key.pem`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const rest = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...rest, ...subject, ...signed, "-keyout", key, "-out", cert], {
    stdio: "pipe",
  });
  return [cert, key];
}

test("TLS: both sides show who they are; a stranger is a clear error", { timeout }, async (t) => {
  const at = folder(t);
  const [ca] = certificate(at, "authority");
  const [cert, key] = certificate(at, "plugin.test", "authority");
  const [own, ownKey] = certificate(at, "bothy.test", "authority");
  const [stranger] = certificate(at, "stranger.test");
  const peer = await startPeer(t, "127.0.0.1:0", "--tls", cert, key, ca);
  const address = `127.0.0.1:${peer.port}`;
  const serverName = "plugin.test";
  const site = startSite(t, {
    right: { address, tls: { ca, cert: own, key: ownKey, serverName } },
    distrust: { address, tls: { ca: stranger, cert: own, key: ownKey, serverName } },
    misnamed: { address, tls: { ca, cert: own, key: ownKey } },
    plain: { address },
    unread: { address, tls: { ca: join(at, "none.pem") } },
  });
  await untilReadings(site, "peer-3", shows(21.3));
  const fault = (name: string): Promise<string> =>
    until(site, () => site.buses.get(name)?.link.status().lastError?.text);
  assert.match(await fault("distrust"), /not signed by `tls.ca`/);
  assert.match(await fault("misnamed"), /set `tls.serverName`/);
  assert.match(await fault("unread"), /tls.ca: ENOENT/);
  assert.match(await fault("plain"), /the line is down/);
});

test(
  "every socket of a folder becomes a bus; one that goes leaves the others alone",
  { timeout },
  async (t) => {
    const at = folder(t);
    const first = await startPeer(t, `unix:${join(at, "one.sock")}`, "--name", "one");
    const site = startSite(t, { local: { socketFolder: at } });
    await untilReadings(site, "one-0", shows("off"));
    await startPeer(t, `unix:${join(at, "two.sock")}`, "--name", "two");
    await untilReadings(site, "two-0", shows("off"));
    assert.deepEqual([...site.buses.keys()], ["local", "local:one.sock", "local:two.sock"]);
    const { id } = site.writer.submit({ ...request, device: "two-0", action: "state", data: "blink" });
    assert.equal((await site.writer.wait(id)).status, "DONE");
    await untilReadings(site, "two-0", shows("blink"));
    await first.die();
    await untilReadings(site, "one-0", shows("LINE_DOWN"));
    assert.deepEqual(shown(await untilReadings(site, "two-0", () => true)), ["blink"]);
    assert.equal(site.synse.plugins.list().length, 2);
  },
);

test("the same plugin a second time is an error of the second bus only", { timeout }, async (t) => {
  const peer = await startPeer(t, "127.0.0.1:0");
  const address = `127.0.0.1:${peer.port}`;
  const site = startSite(t, { first: { address } }, []);
  await untilReadings(site, "peer-0", shows("off"));
  const both = startSite(t, { first: { address }, second: { address } });
  await until(both, () => both.links.find(({ isOpen }) => isOpen));
  const why = await until(both, () => both.links.map((link) => link.status().lastError?.text).find(Boolean));
  assert.match(why, /all its devices are there already, on (first|second): take one of the two buses away/);
  await untilReadings(both, "peer-0", shows("off"));
});

test(
  "a site adds names and tags to devices of a plugin; a thousand of them are no trouble",
  { timeout },
  async (t) => {
    const peer = await startPeer(t, "127.0.0.1:0", "--devices", "1000", "--period", "1");
    const address = `127.0.0.1:${peer.port}`;
    const plain = startSite(t, { far: { address, timeout: "5s" } });
    const { id } = await deviceOf(plain, "peer-500");
    const entry = { bus: "far", id, alias: "inlet", tags: ["point:inlet"], context: { row: "7" } };
    const site = startSite(t, { far: { address, timeout: "5s" } }, [entry]);
    await untilReadings(site, "inlet", shows(21.3));
    await untilReadings(site, "peer-1001", shows(21.3));
    const device = site.registry.get("inlet");
    assert.equal(device?.tags[0], "default/point:inlet");
    assert.deepEqual(device.context, { model: "test", row: "7" });
    assert.equal(site.registry.all().length, 1002);
  },
);
