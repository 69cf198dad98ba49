// FreeIPMI, stricter about lengths than any other client, uses the simulated BMC: no word on its error output, and the
// values it shows are those of the simulated server.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test, type TestContext } from "node:test";
import { fromRaw } from "../../simulators/ipmi/model.ts";
import { type ServedBmc, servedBmc } from "../support/served-bmc.ts";
import { fieldsOf, rowsOf } from "../support/tool-output.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const quiet = ["--quiet-cache"];

/** Runs a tool and wants it content. */
async function say(
  served: ServedBmc,
  tool: string,
  args: readonly string[] = [],
  login?: readonly string[],
): Promise<string> {
  const { out, err, code } = await served.freeipmi(tool, args, login);
  assert.equal(err, "", `${tool} ${args.join(" ")}`);
  assert.equal(code, 0, `${tool} ${args.join(" ")}: ${out}`);
  return out;
}

const admin = ["-u", "admin", "-p", "admin-pass", "-l", "ADMIN"];

test("every way to log in", { timeout }, async (t) => {
  const served = await servedBmc(t, { legacy: true, suites: [1, 2, 3, 15, 16, 17] });
  const suites = ["1", "2", "3", "15", "16", "17"].map((id) => [...admin, "-I", id]);
  const logins = [
    ...suites,
    ["-u", "monitor", "-p", "moni-pass", "-l", "USER"],
    ["-D", "LAN", ...admin, "-a", "MD5"],
  ];
  for (const login of logins) {
    const info = fieldsOf(await say(served, "bmc-info", ["--get-device-id"], login));
    assert.equal(info.get("Firmware Revision"), "2.14", login.join(" "));
    assert.match(info.get("Manufacturer ID") ?? "", /\(32473\)$/);
  }
  assert.equal(served.bmc.parts.sessions.active().length, 0);
});

test("two keys; and who may not, does not", { timeout }, async (t) => {
  const served = await servedBmc(t, { kg: "a-key-of-20-bytes-12" });
  const key = ["-k", "a-key-of-20-bytes-12"];
  await say(served, "bmc-info", ["--get-device-id"], [...admin, "-I", "17", ...key]);
  const refused: Readonly<Record<string, readonly string[]>> = {
    "k_g invalid": [...admin, "-I", "17", "-k", "another-key"],
    "password invalid": ["-u", "admin", "-p", "wrong", "-l", "ADMIN", ...key],
    "username invalid": ["-u", "nobody", "-p", "admin-pass", "-l", "ADMIN", ...key],
    "cipher suite id unavailable": [...admin, "-I", "2", ...key],
    "privilege level cannot be obtained": ["-u", "monitor", "-p", "moni-pass", "-l", "ADMIN", ...key],
  };
  for (const [reason, login] of Object.entries(refused)) {
    const said = await served.freeipmi("bmc-info", ["--get-device-id"], login);
    assert.notEqual(said.code, 0, reason);
    assert.match(said.err, new RegExp(reason));
  }
  // A wrong K_G is noticed by the client alone, when the BMC already thinks that all is well.
  assert.equal(served.bmc.parts.sessions.active().length, 1);
});

test("the controller and its channel", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const info = fieldsOf(await say(served, "bmc-info"));
  assert.equal(info.get("SDR Repository Device"), "supported");
  assert.equal(info.get("System Firmware Version"), "2.14.0");
  const guid = (info.get("System GUID") ?? "").replaceAll("-", "");
  const bytes = Buffer.from(guid, "hex").reverse().toString("hex");
  assert.equal(bytes, Buffer.from(served.bmc.guid).toString("hex"));
  assert.equal(info.get("Device GUID"), info.get("System GUID"));
  assert.match(await say(served, "bmc-device", ["--get-self-test-results"]), /No Error/);
  assert.match(await say(served, "bmc-device", ["--get-acpi-power-state"]), /S0\/G0/);
  const lan = await say(served, "ipmi-config", ["--category=core", "--checkout", "-S", "Lan_Channel"]);
  assert.match(lan, /Volatile_Access_Mode\s+Always_Available/);
});

test(
  "every sensor shows what the server measures, with and without cached records",
  { timeout },
  async (t) => {
    const served = await servedBmc(t);
    const { sensors } = served.bmc;
    for (const records of [["--sdr-cache-recreate"], []]) {
      const listed = rowsOf(
        await say(served, "ipmi-sensors", [...quiet, ...records, "--output-sensor-thresholds"]),
      );
      const shown = new Map(listed.map((row) => [row[1], row]));
      for (const { name, model, raw, thresholds, thresholdMask } of sensors.all) {
        if (model.kind !== "analog") continue;
        const [, , , value, , ...rest] = shown.get(name) ?? [];
        assert.ok(Math.abs(Number(value) - fromRaw(model, raw)) < 0.006, `${name}: ${value}`);
        assert.equal(rest[6], "'OK'", name);
        [2, 1, 0, 3, 4, 5].forEach((bit, column) => {
          const limit = rest[column];
          if ((thresholdMask & (1 << bit)) === 0) assert.equal(limit, "N/A", name);
          else assert.ok(Math.abs(Number(limit) - fromRaw(model, thresholds[bit] ?? 0)) < 0.006, name);
        });
      }
      assert.equal(shown.get("PSU2 Status")?.at(-1), "'Presence detected'");
      assert.equal(shown.get("PSU Redundancy")?.at(-1), "'Fully Redundant'");
      assert.equal(shown.get("Event Log")?.at(-1), "'OK'");
    }
    const reads = served.bmc.executed(0x0a, 0x23);
    await say(served, "ipmi-sensors", quiet);
    assert.equal(served.bmc.executed(0x0a, 0x23), reads, "the cache is good");
    const shared = rowsOf(await say(served, "ipmi-sensors", [...quiet, "--shared-sensors"]));
    assert.equal(shared.filter(([, name = ""]) => name.startsWith("Drive")).length, 4);
  },
);

test("states that are not normal, and an event log that tells of them", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { bmc } = served;
  const cpu = bmc.sensors.find("cpu2-temp");
  assert.ok(cpu);
  cpu.stuck = 93;
  bmc.faults.lostSupplies.add(1);
  bmc.faults.deadFans.add(3);
  for (let i = 0; i < 30; i++) bmc.tick(1);
  const shown = new Map(rowsOf(await say(served, "ipmi-sensors", quiet)).map((row) => [row[1], row]));
  assert.equal(shown.get("CPU2 Temp")?.at(-1), "'At or Above (>=) Upper Critical Threshold'");
  assert.match(shown.get("PSU1 Status")?.at(-1) ?? "", /Power Supply input lost \(AC\/DC\)/);
  assert.equal(shown.get("PSU1 Input")?.[3], "0.00");
  assert.equal(shown.get("PSU2 Input")?.[3], "150.00");
  assert.equal(shown.get("Fan3")?.[3], "0.00");
  const events = rowsOf(await say(served, "ipmi-sel", quiet)).map(
    ([, , , name, , event]) => `${name}: ${event}`,
  );
  assert.ok(events.includes("PSU1 Status: Power Supply input lost (AC/DC)"), events.join("\n"));
  assert.ok(events.includes("PSU Redundancy: Redundancy Lost"));
  const critical = "Upper Critical - going high ; Sensor Reading = 93.00 C ; Threshold = 92.00 C";
  assert.ok(events.includes(`CPU2 Temp: ${critical}`));
  assert.ok(events.some((event) => event.startsWith("Fan3: Lower Non-recoverable - going low")));
  const info = fieldsOf(await say(served, "ipmi-sel", ["--info"]));
  assert.equal(info.get("Number of log entries"), String(bmc.log.entries.length));
  await say(served, "ipmi-sel", ["--delete=2"]);
  assert.equal(bmc.log.find(2), undefined);
  await say(served, "ipmi-sel", ["--clear"]);
  assert.equal(bmc.log.entries.length, 0);
  assert.equal((await say(served, "ipmi-sel", quiet)).trim(), "");
});

test("inventories", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const [main, supply] = (await say(served, "ipmi-fru", quiet)).split("FRU Inventory Device: PSU1 FRU");
  const expected = {
    "FRU Chassis Type": "Rack Mount Chassis",
    "FRU Chassis Custom Info": "Rack unit 1U",
    "FRU Board Manufacturing Date/Time": "05/17/23 - 09:30:00",
    "FRU Board Serial Number": "MB-0001",
    "FRU Product Name": "EX-1200",
    "FRU Product Asset Tag": "asset-0001",
  };
  const shown = fieldsOf(main ?? "");
  for (const [name, value] of Object.entries(expected)) assert.equal(shown.get(name), value);
  assert.equal(fieldsOf(supply ?? "").get("FRU Power Supply Overall Capacity"), "500 Watts");
});

test("power and chassis", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { host, parts } = served.bmc;
  const stat = async (): Promise<string> =>
    (await say(served, "ipmipower", ["--stat"])).trim().split(": ")[1] ?? "";
  assert.equal(await stat(), "on");
  for (const [option, state, action] of [
    ["--off", "off", "off"],
    ["--on", "running", "on"],
    ["--cycle", "running", "cycle"],
    ["--reset", "running", "reset"],
    ["--pulse", "running", "nmi"],
    ["--soft", "off", "soft-off"],
  ] as const) {
    assert.match(await say(served, "ipmipower", [option]), /: ok$/m, option);
    await until(() => host.asked[action] === 1 && host.state === state, option);
  }
  assert.equal(await stat(), "off");
  await say(served, "ipmi-chassis", ["--chassis-control=POWER-UP"]);
  await until(() => host.state === "running", "on again");
  await say(served, "ipmi-chassis", ["--chassis-identify=30"]);
  assert.equal(parts.chassis.identifying(), "timed");
  await say(served, "ipmi-chassis", ["--set-power-restore-policy=ALWAYS-OFF"]);
  const off = fieldsOf(await say(served, "ipmi-chassis", ["--get-chassis-status"]));
  assert.equal(off.get("System Power"), "on");
  assert.equal(off.get("Last Power Event"), "power on via ipmi command");
  assert.equal(off.get("Chassis Identify state"), "Timed on");
  assert.equal(parts.chassis.policy, 0);
  assert.match(await say(served, "ipmi-chassis", ["--get-system-restart-cause"]), /Chassis control command/);
  await say(served, "ipmi-chassis", ["--get-power-on-hours-counter"]);
  await say(served, "ipmi-chassis", ["--get-chassis-capabilities"]);
  const checkout = ["--category=chassis", "--checkout", "-S", "Chassis_Boot_Flags"];
  assert.match(await say(served, "ipmi-config", checkout), /Boot_Device\s+NO-OVERRIDE/);
  const commit = ["--category=chassis", "--commit", "-e", "Chassis_Boot_Flags:Boot_Device=PXE"];
  await say(served, "ipmi-config", commit);
  assert.match(await say(served, "ipmi-config", checkout), /Boot_Device\s+PXE/);
});

test("power in watts, and a limit that is kept", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const power = async (): Promise<string | undefined> =>
    fieldsOf(await say(served, "ipmi-dcmi", ["--get-system-power-statistics"])).get("Current Power");
  assert.equal(await power(), "150 Watts");
  await say(served, "ipmi-dcmi", ["--set-power-limit", "--power-limit-requested=110"]);
  await say(served, "ipmi-dcmi", ["--activate-deactivate-power-limit=ACTIVATE"]);
  served.bmc.tick(1);
  assert.equal(await power(), "110 Watts");
  const limit = fieldsOf(await say(served, "ipmi-dcmi", ["--get-power-limit"]));
  assert.equal(limit.get("Power Limit Requested"), "110 watts");
  const told = await say(served, "ipmi-dcmi", ["--get-dcmi-capability-info"]);
  assert.match(told, /Power Management \/ Monitoring Support\s+: Available/);
  assert.match(await say(served, "ipmi-dcmi", ["--get-asset-tag"]), /asset-0001/);
  assert.match(await say(served, "ipmi-dcmi", ["--get-dcmi-sensor-info"]), /Inlet Temperature[^]*\n5\n/);
});

/** Traps that arrive on a port of its own, as octets of their one variable and specific numbers. */
async function trapListener(t: TestContext): Promise<{ readonly port: number; readonly traps: Buffer[] }> {
  const socket = createSocket("udp4");
  const traps: Buffer[] = [];
  socket.on("message", (packet) => traps.push(packet));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  t.after(() => socket.close());
  return { port: socket.address().port, traps };
}

test("its traps are understood by ipmi-pet, and sent again until acknowledged", { timeout }, async (t) => {
  const { port, traps } = await trapListener(t);
  const served = await servedBmc(t, { trapPort: port });
  const { bmc } = served;
  const { lan } = bmc.parts;
  assert.equal(lan.set(18, Buffer.from([1, 0x80, 1, 2])), 0);
  assert.equal(lan.set(19, Buffer.from([1, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0])), 0);
  const cpu = bmc.sensors.find("cpu1-temp");
  assert.ok(cpu);
  cpu.stuck = 86;
  bmc.tick(1);
  await until(() => traps.length >= 2, "the trap came, and again");
  const [trap] = traps;
  assert.ok(trap);
  const specific = 0x010107;
  assert.ok(trap.includes(Buffer.from([0x02, 3, 1, 1, 7])), "the specific number");
  assert.ok(trap.includes("public"));
  const octets = trap.subarray(-47);
  const words = [...octets].map((byte) => byte.toString(16).padStart(2, "0"));
  const [, row] = rowsOf(await say(served, "ipmi-pet", [...quiet, String(specific), ...words]));
  assert.deepEqual(row?.slice(2), [
    "CPU1 Temp",
    "Temperature",
    "Upper Non-critical - going high",
    "Sensor Reading = 86.00 C",
    "Threshold = 85.00 C",
  ]);
  await say(served, "ipmi-pet", [...quiet, "--pet-acknowledge", String(specific), ...words]);
  const sent = traps.length;
  cpu.stuck = 60;
  bmc.tick(1);
  await until(() => traps.length > sent, "the next trap, which says that it is over");
  assert.ok(traps.at(-1)?.includes(Buffer.from([0x02, 3, 1, 1, 0x87])));
});
