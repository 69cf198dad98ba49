import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { dataComponent, deviceId, pluginId } from "../../devices/ids.ts";
import { BothyError } from "../../devices/errors.ts";
import { plugins } from "../../plugins/index.ts";
import { run } from "../../server/cli/program.ts";
import { readConfig } from "../../server/config.ts";
import { convert } from "../../server/migrate/convert.ts";
import { readParty } from "../../server/migrate/input.ts";
import { type Note, noteText } from "../../server/migrate/note.ts";
import { migratedText } from "../../server/migrate/output.ts";

/** Files in a folder of their own, which is gone after the test. */
function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "bothy-migrate-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

/** What files become, read again as a site would read it. */
function migrated(root: string, parts: readonly string[], env: Record<string, string> = {}) {
  const notes: Note[] = [];
  const parties = parts.map((part) => readParty(join(root, part), notes));
  const config = convert(parties, { site: "hut", env }, notes);
  const text = migratedText(config, notes, parts);
  const result = readConfig(text, "migrated.yaml", [...plugins.values()], env);
  assert.deepEqual(result.faults, [], text);
  const devices = result.plans.flatMap((plan) => plan.devices);
  return { text, notes: notes.map(noteText), config: result.config, devices };
}

const modbusConfig = `
version: 3
settings: { mode: serial, read: { interval: 10s } }
network: { type: tcp, address: ":5011" }
`;
const modbusDevices = `
version: 3
devices:
  - type: power
    context: { model: VR-500 }
    tags: [vapor/vem]
    data: { host: 10.0.0.5, port: 502, timeout: 2s, slaveId: 7 }
    instances:
      - info: Inlet power
        handler: input_register
        output: watt
        alias: { name: vem-power }
        sortIndex: 4
        data: { address: 3, width: 2, type: f32 }
        transforms: [{ scale: "0.1" }]
      - info: Cabinet door
        type: switch
        handler: coil
        output: switch
        data: { address: 1, width: 1, type: b }
      - info: Setpoint
        type: temperature
        handler: holding_register
        output: temperature
        data: { address: 40, width: 1, type: s16 }
        transforms: [{ apply: FtoC }]
      - info: Serial
        type: identity
        handler: input_register
        output: identity
        data: { address: 90, width: 6, type: macaddress }
`;

/** As the original makes it: the tag's id, then type, handler and data. */
const idOf = (type: string, handler: string, data: Record<string, string | number>): string =>
  deviceId(pluginId("vaporio/modbus-ip"), type, handler, dataComponent(data));
const shared = { host: "10.0.0.5", port: 502, timeout: "2s", slaveId: 7 };

test("registers of a Modbus plugin become devices of units, with the ids and names they had", (t) => {
  const root = folder(t, { "plugin/config.yml": modbusConfig, "plugin/device/vem.yml": modbusDevices });
  const { devices, notes, config, text } = migrated(root, ["plugin"]);
  const power = devices.find(({ alias }) => alias === "vem-power");
  assert.equal(power?.id, idOf("power", "input_register", { ...shared, address: 3, width: 2, type: "f32" }));
  assert.equal(power.sortIndex, 4);
  assert.equal(power.info, "Inlet power, Unit 7 at modbus-10.0.0.5-502");
  assert.deepEqual(power.tags, ["vapor/vem", `system/id:${power.id}`, "system/type:power"]);
  assert.equal(power.context["model"], "VR-500");
  assert.equal(power.outputs[0]?.output.name, "watt");
  const door = devices.find(({ type }) => type === "switch");
  assert.equal(door?.id, idOf("switch", "coil", { ...shared, address: 1, width: 1, type: "b" }));
  assert.deepEqual(config?.buses["modbus-10.0.0.5-502"]?.settings, {
    transport: "tcp",
    host: "10.0.0.5",
    port: 502,
    responseTimeout: "2s",
    poll: { fast: "10s" },
  });
  assert.match(text, /scale: 0\.1\n/);
  assert.match(text, /offset: -17\.7777777778\n/);
  assert.ok(notes.some((note) => /^not carried over: Serial .*macaddress/.test(note)));
  assert.ok(notes.some((note) => /takes no writes yet.*hexadecimal/.test(note)));
  assert.ok(
    devices.every(({ actions }) => actions.length === 0),
    "a number that meant something else must not be taken",
  );
});

test("a server's plugins stay plugins, except those that are replaced", (t) => {
  const root = folder(t, {
    "server.yml": `
logging: warning
plugin: { tcp: ["modbus-plugin:5011", "snmp-plugin:5001"], unix: [ipmi.sock] }
grpc: { tls: { cert: /etc/synse/ca.pem } }
metrics: { enabled: true }
ssl: { cert: /a, key: /b }
`,
    "plugin/config.yml": modbusConfig,
    "plugin/device/vem.yml": modbusDevices,
  });
  const notes: Note[] = [];
  const parties = ["server.yml", "plugin"].map((part) => readParty(join(root, part), notes));
  const made = convert(parties, { site: "hut", env: {} }, notes);
  assert.deepEqual(made.log, { level: "warn" });
  assert.deepEqual(made.metrics, { enabled: true, synseNames: true });
  const remotes = Object.values(made.buses).filter((bus) => "tls" in bus);
  assert.deepEqual(remotes, [
    { plugin: "synse", address: "snmp-plugin:5001", tls: { ca: "/etc/synse/ca.pem" } },
    { plugin: "synse", socket: "/tmp/synse/ipmi.sock", tls: { ca: "/etc/synse/ca.pem" } },
  ]);
  const said = notes.map(noteText);
  assert.ok(said.some((note) => note.includes("modbus-plugin:5011") && note.includes("stop the plugin")));
  assert.ok(said.some((note) => note.startsWith("not carried over: ssl")));
});

const ipmiConfig = `{ network: { type: tcp, address: ":5001" }, dynamicRegistration: { config: [
  { hostname: 10.1.1.1, port: 623, username: u, password: p, interface: lanplus }] } }`;

test("of plugins that all listen on one port only those that are replaced go", (t) => {
  const onUsualPort = modbusConfig.replace("5011", "5001");
  const made = (tcp: string, ...parts: string[]) => {
    const root = folder(t, {
      "server.yml": `plugin: { tcp: [${tcp}] }`,
      "plugin/config.yml": onUsualPort,
      "plugin/device/vem.yml": modbusDevices,
      "ipmi/config.yml": ipmiConfig,
    });
    const notes: Note[] = [];
    const parties = ["server.yml", "plugin", ...parts].map((part) => readParty(join(root, part), notes));
    const buses: readonly object[] = Object.values(convert(parties, { site: "hut", env: {} }, notes).buses);
    const asked = buses.flatMap((bus) => ("address" in bus ? [bus.address] : []));
    return { asked, unclear: notes.filter(({ what }) => what.includes("cannot be told")).length };
  };
  assert.deepEqual(made("'modbus:5001', 'ipmi:5001'", "ipmi"), { asked: ["ipmi:5001"], unclear: 0 });
  assert.deepEqual(made("'modbus:5001', 'ours:5001'"), { asked: ["ours:5001"], unclear: 0 });
  assert.deepEqual(made("'10.0.0.9:5001'"), { asked: [], unclear: 0 });
  assert.deepEqual(made("'10.0.0.8:5001', '10.0.0.9:5001'", "ipmi"), {
    asked: ["10.0.0.8:5001", "10.0.0.9:5001"],
    unclear: 2,
  });
});

test("aliases, tags and transforms that are none are left out, and said, so that the rest can be used", (t) => {
  const root = folder(t, {
    "emulator/d.yml": `
devices:
  - type: led
    instances:
      - { data: { id: 1 }, alias: { name: "front led" }, tags: ["a/b:c d", "vapor/led"] }
      - { data: { id: 2 }, transforms: [{ apply: nothing }, { scale: "2" }] }
`,
  });
  const { devices, notes, text } = migrated(root, ["emulator"]);
  assert.equal(notes.filter((note) => note.startsWith("not carried over")).length, 3);
  assert.equal(devices.length, 2);
  assert.deepEqual(devices.find(({ tags }) => tags.includes("vapor/led"))?.alias, undefined);
  assert.doesNotMatch(text.replaceAll(/^#.*$/gm, ""), /front led|c d|nothing/);
});

test("a tag made of a variable that is not set here says so", (t) => {
  const devices =
    "devices: [{ type: led, tags: ['site/{{ env \"SITE\" }}'], instances: [{ data: { id: 1 } }] }]";
  const root = folder(t, { "emulator/d.yml": devices });
  const { notes } = migrated(root, ["emulator"], { SITE: "hut" });
  assert.deepEqual(notes, []);
  const unset: Note[] = [];
  convert([readParty(join(root, "emulator"), unset)], { site: "hut", env: {} }, unset);
  assert.deepEqual(
    unset.map(({ what, remedy }) => `${what}; ${remedy}`),
    ['`site/{{ env "SITE" }}` becomes `site/`, which is no tag; set the variables it names'],
  );
});

test("what a server waited for and kept is carried over", (t) => {
  const root = folder(t, {
    "server.yml": `
plugin: { tcp: ["snmp:5001"] }
cache: { transaction: { ttl: 600 }, device: { rebuild_every: 60 } }
grpc: { timeout: 5 }
ssl: { cert: /a, key: /b }
`,
  });
  const { text, notes } = migrated(root, ["server.yml"]);
  assert.match(text, /keepFor: 10m\n/);
  assert.match(text, /address: snmp:5001\n {4}timeout: 5s\n/);
  assert.ok(notes.some((note) => note.includes("`http.tls`")));
});

test("plugins that are not replaced are kept under their address", (t) => {
  const entry = "{ hostname: 10.1.1.1, port: 623, username: u, password: p, interface: lanplus }";
  const root = folder(t, {
    "ipmi/config.yml": `{ network: { type: tcp, address: ":5005" }, dynamicRegistration: { config: [${entry}] } }`,
  });
  const notes: Note[] = [];
  const made = convert([readParty(join(root, "ipmi"), notes)], { site: "hut", env: {} }, notes);
  assert.deepEqual(Object.values(made.buses), [{ plugin: "synse", address: "127.0.0.1:5005" }]);
  assert.ok(notes.map(noteText).some((note) => note.includes("the ipmi plugin is not replaced")));
  assert.ok(!JSON.stringify([made, notes]).includes('"p"'), "no password goes anywhere");
});

test("BMCs become devices of this site when that is asked for; their passwords go into files", (t) => {
  const secrets = new Map<string, string>();
  const root = folder(t, { "ipmi/config.yml": ipmiConfig, "server.yml": "plugin: { tcp: ['ipmi:5001'] }" });
  const notes: Note[] = [];
  const parties = ["server.yml", "ipmi"].map((part) => readParty(join(root, part), notes));
  const bmcPasswords = { folder: "/etc/bothy/bmcs", secrets };
  const made = convert(parties, { site: "hut", env: {}, bmcPasswords }, notes);
  assert.deepEqual(made.buses, { bmcs: { plugin: "ipmi" } });
  assert.deepEqual(made.devices, [
    {
      ...{ bus: "bmcs", address: "10.1.1.1", alias: "10.1.1.1", user: "u" },
      password: { file: "/etc/bothy/bmcs/10.1.1.1" },
    },
  ]);
  assert.deepEqual([...secrets], [["/etc/bothy/bmcs/10.1.1.1", "p"]]);
  assert.ok(!JSON.stringify([made, notes]).includes('"p"'), "no password goes anywhere else");
  const text = migratedText(made, notes, ["x"]);
  assert.deepEqual(readConfig(text, "x", [...plugins.values()], {}).faults, []);
  assert.ok(notes.map(noteText).some((note) => note.includes("stop the plugin")));
});

test("a BMC without a password in the old configuration is told of", (t) => {
  const without = ipmiConfig.replace("password: p, ", "");
  assert.notEqual(without, ipmiConfig);
  const secrets = new Map<string, string>();
  const root = folder(t, { "ipmi/config.yml": without });
  const notes: Note[] = [];
  const parties = [readParty(join(root, "ipmi"), notes)];
  convert(parties, { site: "hut", env: {}, bmcPasswords: { folder: "/etc/bothy/bmcs", secrets } }, notes);
  assert.deepEqual([...secrets], [["/etc/bothy/bmcs/10.1.1.1", ""]]);
  const [note] = notes.filter(({ what }) => what.includes("has no password"));
  assert.match(
    noteText(note ?? assert.fail("there is no note")),
    /not carried over: .*config\[0\].*\/bmcs\/10\.1\.1\.1 is empty; put the password/,
  );
});

test("an emulator's devices keep the ids they had", (t) => {
  const root = folder(t, {
    "emulator/config.yml": "{ network: { type: tcp, address: ':5001' }, id: { usePluginTag: true } }",
    "emulator/device/temps.yml": `
devices:
  - type: temperature
    instances:
      - { info: Synse Temperature Sensor 1, tags: [foo/bar], data: { id: 1 }, alias: { name: t-1 }, metadata: { a: b } }
      - { info: Synse Temperature Sensor 2, data: { id: 2 } }
`,
  });
  const { devices, notes } = migrated(root, ["emulator"]);
  assert.deepEqual(devices.map(({ id }) => id).sort(), [
    "89fd576d-462c-53be-bcb6-7870e70c304a",
    "9907bdfa-75e1-5af5-8385-87184f356b22",
  ]);
  assert.ok(devices.some(({ alias }) => alias === "t-1"));
  assert.ok(notes.some((note) => note.includes("`metadata` was never looked at")));
});

test("ids made of variables follow them; those made of the machine leave the plugin where it is", (t) => {
  const with_ = (id: string): string =>
    folder(t, { "p/config.yml": `${modbusConfig}id: ${id}\n`, "p/d.yml": modbusDevices });
  const { devices } = migrated(with_("{ useEnv: [RACK], useCustom: [a] }"), ["p"], { RACK: "r1" });
  const data = { ...shared, address: 3, width: 2, type: "f32" };
  const expected = deviceId(
    pluginId("vaporio/modbus-ip", "r1", "a"),
    "power",
    "input_register",
    dataComponent(data),
  );
  assert.ok(devices.some(({ id }) => id === expected));
  const notes: Note[] = [];
  const party = readParty(join(with_("{ useMachineID: true }"), "p"), notes);
  const made = convert([party], { site: "hut", env: {} }, notes);
  assert.deepEqual(Object.values(made.buses), [{ plugin: "synse", address: "127.0.0.1:5011" }]);
});

test("the command writes the file, says what was lost, and writes over nothing", async (t) => {
  const root = folder(t, { "plugin/config.yml": modbusConfig, "plugin/device/vem.yml": modbusDevices });
  const out = join(root, "hut.yaml");
  const told: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => told.push(text) > 0);
  const command = ["migrate", "synse", join(root, "plugin"), "--site", "hut-17", "--out", out];
  assert.equal(await run(command), 1);
  assert.match(readFileSync(out, "utf8"), /^# Made of .*\n[^]*site:\n {2}id: hut-17\n/);
  assert.ok(told.join("").includes("not carried over: Serial"));
  assert.equal(await run(command), 2);
  assert.match(told.join(""), /is there already; --force writes over it/);
});

test("a file that is none of Synse's is named, whatever it holds", (t) => {
  const values = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("x", "", 7, null, true, ":5001"),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          "devices",
          "instances",
          "network",
          "address",
          "type",
          "data",
          "host",
          "port",
          "plugin",
          "tcp",
          "id",
          "settings",
          "alias",
          "tags",
        ),
        tie("any"),
        { maxKeys: 5 },
      ),
    ),
  })).any;
  fc.assert(
    fc.property(values, (content) => {
      const root = mkdtempSync(join(tmpdir(), "bothy-migrate-"));
      try {
        writeFileSync(join(root, "a.yml"), JSON.stringify(content));
        const notes: Note[] = [];
        const made = convert([readParty(root, notes)], { site: "s", env: {} }, notes);
        assert.equal(typeof migratedText(made, notes, ["a.yml"]), "string");
      } catch (error) {
        assert.ok(error instanceof BothyError, String(error instanceof Error ? error.stack : error));
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
  );
  assert.throws(() => readParty(join(folder(t, { "a.yml": "a: [1" }), "a.yml"), []), /a\.yml/);
  assert.throws(() => readParty("/nowhere/at/all", []), /\/nowhere\/at\/all/);
});
