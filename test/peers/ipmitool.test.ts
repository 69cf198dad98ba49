// ipmitool, which nobody here wrote, uses the simulated BMC as administrators do: no word on its error output, and the
// values it shows are those of the simulated server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { fromRaw } from "../../simulators/ipmi/model.ts";
import type { LiveSensor } from "../../simulators/ipmi/sensors.ts";
import { type Said, type ServedBmc, servedBmc } from "../support/served-bmc.ts";
import { fieldsOf, rowsOf } from "../support/tool-output.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;

/** Runs ipmitool and wants it content. */
async function say(served: ServedBmc, args: string, login?: readonly string[]): Promise<string> {
  const words = (args.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
  const { out, err, code } = await served.ipmitool(words, login);
  assert.equal(err, "", args);
  assert.equal(code, 0, `${args}: ${out}`);
  return out;
}

const logins: Readonly<Record<string, readonly string[]>> = {
  "suite 3": ["-U", "admin", "-P", "admin-pass", "-C", "3"],
  "suite 17": ["-U", "admin", "-P", "admin-pass", "-C", "17"],
  "the suite it finds best": ["-U", "admin", "-P", "admin-pass"],
  "suite 1": ["-U", "admin", "-P", "admin-pass", "-C", "1"],
  "suite 2": ["-U", "admin", "-P", "admin-pass", "-C", "2"],
  "suite 15": ["-U", "admin", "-P", "admin-pass", "-C", "15"],
  "suite 16": ["-U", "admin", "-P", "admin-pass", "-C", "16"],
  "IPMI 1.5": ["-I", "lan", "-U", "admin", "-P", "admin-pass", "-A", "MD5"],
  "user level": ["-U", "monitor", "-P", "moni-pass", "-L", "USER", "-C", "17"],
};

test("every way to log in", { timeout }, async (t) => {
  const served = await servedBmc(t, { legacy: true, suites: [1, 2, 3, 15, 16, 17] });
  for (const [name, login] of Object.entries(logins)) {
    const info = fieldsOf(await say(served, "mc info", login));
    assert.equal(info.get("Firmware Revision"), "2.14", name);
    assert.equal(info.get("Manufacturer ID"), "32473", name);
    assert.equal(info.get("IPMI Version"), "2.0", name);
  }
  assert.equal(served.bmc.parts.sessions.active().length, 0);
});

test("a key of the BMC besides the password, long names and passwords", { timeout }, async (t) => {
  const users = [{ name: "sixteen-char-usr", password: "twenty-byte-password" }];
  const served = await servedBmc(t, { kg: "a-key-of-20-bytes-12", users });
  const login = ["-U", "sixteen-char-usr", "-P", "twenty-byte-password", "-C", "17"];
  await say(served, "mc info", [...login, "-k", "a-key-of-20-bytes-12"]);
  const refused = await served.ipmitool(["mc", "info"], [...login, "-k", "another-key"]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.err, /Unable to establish/);
});

test("who may not, does not", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const refused: readonly (readonly [string, readonly string[]])[] = [
    ["wrong password", ["-U", "admin", "-P", "wrong", "-C", "17"]],
    ["unknown user", ["-U", "nobody", "-P", "admin-pass", "-C", "17"]],
    ["level above the user's", ["-U", "monitor", "-P", "moni-pass", "-L", "ADMINISTRATOR", "-C", "17"]],
    ["suite not offered", ["-U", "admin", "-P", "admin-pass", "-C", "2"]],
    ["no password at all", ["-U", "admin", "-P", "", "-C", "0"]],
    ["IPMI 1.5", ["-I", "lan", "-U", "admin", "-P", "admin-pass", "-A", "MD5"]],
  ];
  for (const [name, login] of refused) {
    const said: Said = await served.ipmitool(["mc", "info"], login);
    assert.notEqual(said.code, 0, name);
    assert.equal(said.out, "", name);
  }
  const monitor = ["-U", "monitor", "-P", "moni-pass", "-L", "USER", "-C", "3"];
  const off = await served.ipmitool(["chassis", "power", "off"], monitor);
  assert.match(off.err, /Insufficient privilege level/);
  assert.equal(served.bmc.host.state, "running");
  assert.equal(served.bmc.parts.sessions.active().length, 0);
});

test("the controller", { timeout }, async (t) => {
  const served = await servedBmc(t, { starting: 2000 });
  assert.match(await say(served, "mc selftest"), /^Selftest: passed/);
  const guid = /System GUID\s*: ([0-9a-f]+)/i.exec((await say(served, "mc guid")).replaceAll("-", ""))?.[1];
  assert.equal(guid?.toLowerCase(), Buffer.from(served.bmc.guid).reverse().toString("hex"));
  assert.doesNotMatch(await say(served, "mc guid"), /WARNING|violation/i);
  await say(served, "mc getenables");
  assert.match(await say(served, "mc watchdog get"), /Stopped/);
  await say(served, "raw 0x06 0x24 0x04 0x01 0x00 0x10 0x2c 0x01");
  await say(served, "mc watchdog reset");
  const watchdog = fieldsOf(await say(served, "mc watchdog get"));
  assert.match(watchdog.get("Watchdog Timer Is") ?? "", /Started\/Running/);
  assert.match(watchdog.get("Watchdog Timer Action") ?? "", /Hard Reset/);
  assert.match(watchdog.get("Initial Countdown") ?? "", /^30(\.0)? sec/);
  await say(served, "mc watchdog off");
  assert.match(await say(served, "mc watchdog get"), /Stopped/);
  // Watched from before it is told: ipmitool may end when the BMC is back already.
  await Promise.all([until(() => !served.bmc.alive, "the BMC starts anew"), say(served, "mc reset cold")]);
  await until(() => served.bmc.alive, "the BMC is back");
  await say(served, "mc info");
});

const units: Readonly<Record<number, string>> = {
  1: "degrees C",
  4: "Volts",
  5: "Amps",
  6: "Watts",
  18: "RPM",
};
const analog = (served: ServedBmc): readonly LiveSensor[] =>
  served.bmc.sensors.all.filter(({ model }) => model.kind === "analog");

test("every sensor shows what the server measures", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const shown = new Map(rowsOf(await say(served, "sensor list")).map((row) => [row[0], row]));
  for (const sensor of analog(served)) {
    const { model, raw, name, thresholds, thresholdMask } = sensor;
    assert.ok(model.kind === "analog");
    const [, value, unit, state, ...limits] = shown.get(name) ?? [];
    assert.ok(Math.abs(Number(value) - fromRaw(model, raw)) < 0.0006, `${name}: ${value}`);
    assert.deepEqual([unit, state], [units[model.unit], "ok"], name);
    [2, 1, 0, 3, 4, 5].forEach((bit, column) => {
      const limit = limits[column];
      if ((thresholdMask & (1 << bit)) === 0) assert.equal(limit, "na", name);
      else assert.ok(Math.abs(Number(limit) - fromRaw(model, thresholds[bit] ?? 0)) < 0.0006, name);
    });
  }
  const elist = rowsOf(await say(served, "sdr elist"));
  assert.equal(elist.length, analog(served).length + 8, "and eight records of discrete sensors");
  const states = new Map(elist.map(([name, , , , text]) => [name, text]));
  assert.equal(states.get("PSU1 Status"), "Presence detected");
  assert.equal(states.get("PSU Redundancy"), "Fully Redundant");
  assert.equal(states.get("ACPI State"), "S0/G0: working");
  const all = await say(served, "sdr elist all");
  assert.match(all, /Edge BMC\s+\| 00h \| ok {2}\| {2}7\.1 \| Dynamic MC @ 20h/);
  assert.match(all, /Watchdog\s+\| 50h \| ns/);
});

test("one sensor, its thresholds, and the events they cause", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { bmc } = served;
  const cpu = bmc.sensors.find("cpu1-temp");
  assert.ok(cpu);
  const details = fieldsOf(await say(served, 'sensor get "CPU1 Temp"'));
  assert.equal(Number.parseFloat(details.get("Sensor Reading") ?? ""), cpu.raw);
  assert.equal(details.get("Positive Hysteresis"), "2.000");
  await say(served, 'sensor thresh "CPU1 Temp" unc 70');
  assert.equal(cpu.thresholds[3], 70);
  for (const value of [71, 69, 67]) {
    cpu.stuck = value;
    bmc.tick(1);
  }
  const [high, back] = rowsOf(await say(served, "sel elist"));
  assert.deepEqual(high?.slice(3), [
    "Temperature CPU1 Temp",
    "Upper Non-critical going high",
    "Asserted",
    "Reading 71 > Threshold 70 degrees C",
  ]);
  assert.deepEqual(back?.slice(4, 6), ["Upper Non-critical going high", "Deasserted"]);
  assert.match(await say(served, "sel get 1"), /Trigger Reading\s+: 71\.000/);
});

test("the event log", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { bmc } = served;
  bmc.faults.lostSupplies.add(2);
  bmc.tick(1);
  bmc.faults.lostSupplies.clear();
  bmc.tick(1);
  const listed = rowsOf(await say(served, "sel elist")).map((row) => row.slice(3).join(", "));
  assert.deepEqual(listed, [
    "Power Supply PSU2 Status, Power Supply AC lost, Asserted",
    "Power Supply PSU Redundancy, Fully Redundant, Deasserted",
    "Power Supply PSU Redundancy, Redundancy Lost, Asserted",
    "Power Supply PSU2 Status, Power Supply AC lost, Deasserted",
    "Power Supply PSU Redundancy, Fully Redundant, Asserted",
    "Power Supply PSU Redundancy, Redundancy Lost, Deasserted",
  ]);
  const info = fieldsOf(await say(served, "sel info"));
  assert.equal(info.get("Entries"), "6");
  assert.equal(info.get("# of Alloc Units"), "512");
  await say(served, "sel delete 3");
  assert.equal(bmc.log.entries.length, 5);
  const began = systemClock.monotonic();
  await say(served, 'sel time set "03/04/31 05:06:07"');
  const shown = Date.parse(`${(await say(served, "sel time get")).trim()} UTC`);
  const since = shown - Date.parse("2031-03-04T05:06:07Z");
  assert.ok(since >= 0 && since <= systemClock.monotonic() - began, `${since} ms after what was set`);
  await say(served, "event 1");
  assert.match(await say(served, "sel list last 1"), /03\/04\/31 \| 05:06:\d\d.*Upper Critical going high/);
  await say(served, "sel clear");
  assert.equal(bmc.log.entries.length, 0);
  assert.equal(fieldsOf(await say(served, "sel info")).get("Entries"), "0");
});

test("inventories", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const text = await say(served, "fru print");
  assert.equal(text.match(/FRU Device Description/g)?.length, 3);
  const main = fieldsOf(text.split(/\n\n/)[0] ?? "");
  const expected = {
    "Chassis Type": "Rack Mount Chassis",
    "Chassis Serial": "CH-0001",
    "Chassis Extra": "Rack unit 1U",
    "Board Mfg": "Example Edge",
    "Board Serial": "MB-0001",
    "Product Name": "EX-1200",
    "Product Asset Tag": "asset-0001",
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(main.get(name), value);
  assert.match(main.get("Board Mfg Date") ?? "", /May 17 09:30:00 2023/);
});

test("power", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { host } = served.bmc;
  const state = (wanted: string): Promise<void> => until(() => host.state === wanted, wanted);
  assert.equal((await say(served, "chassis power status")).trim(), "Chassis Power is on");
  await say(served, "chassis power off");
  await state("off");
  served.bmc.tick(1);
  assert.equal(fieldsOf(await say(served, "chassis status")).get("System Power"), "off");
  const sensors = new Map(rowsOf(await say(served, "sdr elist")).map(([name, , ...rest]) => [name, rest]));
  assert.deepEqual(sensors.get("Fan1"), ["ns", "29.1", "No Reading"]);
  assert.equal(sensors.get("Inlet Temp")?.[2], "23 degrees C");
  assert.equal(sensors.get("ACPI State")?.[2], "S5/G2: soft-off");
  const reset = await served.ipmitool(["chassis", "power", "reset"]);
  assert.match(reset.err, /not supported in present state/i);
  await say(served, "chassis power on");
  await state("running");
  assert.equal(fieldsOf(await say(served, "chassis status")).get("Last Power Event"), "command");
  assert.match(await say(served, "chassis restart_cause"), /chassis power control command/);
  for (const [words, action] of [
    ["cycle", "cycle"],
    ["reset", "reset"],
    ["diag", "nmi"],
  ] as const) {
    await say(served, `chassis power ${words}`);
    await until(() => host.asked[action] === 1, action);
    await state("running");
  }
  await say(served, "chassis power soft");
  await state("off");
  assert.deepEqual(host.asked, { on: 1, off: 1, cycle: 1, reset: 1, nmi: 1, "soft-off": 1 });
});

test("identification, boot, restore policy", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { chassis } = served.bmc.parts;
  await say(served, "chassis identify 30");
  assert.equal(chassis.identifying(), "timed");
  await say(served, "chassis identify force");
  assert.equal(chassis.identifying(), "on");
  assert.equal(fieldsOf(await say(served, "chassis status")).get("Chassis Intrusion"), "inactive");
  await say(served, "chassis identify 0");
  assert.equal(chassis.identifying(), "off");
  await say(served, "chassis identify");
  assert.equal(chassis.identifying(), "timed");

  await say(served, "chassis bootdev pxe");
  const once = await say(served, "chassis bootparam get 5");
  assert.match(once, /Boot parameter data: 8004000000/);
  assert.match(once, /Boot Flag Valid\n.*only next boot\n.*PC Compatible[^]*Force PXE/);
  await say(served, "chassis bootdev disk options=persistent,efiboot");
  const always = await say(served, "chassis bootparam get 5");
  assert.match(always, /Boot parameter data: e008000000/);
  assert.match(always, /all future boots[^]*EFI/);
  await say(served, "chassis bootdev none");
  assert.match(await say(served, "chassis bootparam get 5"), /No override/);

  assert.match(await say(served, "chassis policy list"), /always-off always-on previous/);
  await say(served, "chassis policy always-on");
  assert.equal(chassis.policy, 2);
  assert.equal(fieldsOf(await say(served, "chassis status")).get("Power Restore Policy"), "always-on");
  await say(served, "chassis poh");
});

test("channel, LAN and users", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const lan = fieldsOf(await say(served, "lan print 1"));
  assert.equal(lan.get("IP Address"), "127.0.0.1");
  assert.equal(lan.get("RMCP+ Cipher Suites"), "3,17");
  assert.match(lan.get("MAC Address") ?? "", /^02:/);
  await say(served, "lan set 1 ipsrc static");
  await say(served, "lan set 1 netmask 255.255.255.0");
  assert.equal(fieldsOf(await say(served, "lan print 1")).get("Subnet Mask"), "255.255.255.0");
  assert.equal(fieldsOf(await say(served, "channel info 1")).get("Channel Medium Type"), "802.3 LAN");
  const suites = rowsOf(await say(served, "channel getciphers ipmi 1")).map(
    ([line = ""]) => line.split(/\s+/)[0],
  );
  assert.deepEqual(suites, ["ID", "3", "17"]);
  await say(served, "channel getaccess 1 2");
  await say(served, "session info active");
  await say(served, "sol info 1");
  for (const what of ["info", "status", "filter list", "policy list"]) await say(served, `pef ${what}`);

  await say(served, "user set name 7 newuser");
  await say(served, "user set password 7 new-password-of-20by 20");
  await say(served, "user enable 7");
  await say(served, "user priv 7 3 1");
  const seven = (await say(served, "user list 1")).split("\n").find((line) => line.startsWith("7 "));
  assert.match(seven ?? "", /^7\s+newuser.*OPERATOR$/);
  const login = ["-U", "newuser", "-P", "new-password-of-20by", "-C", "17", "-L", "OPERATOR"];
  assert.match(await say(served, "mc info", login), /Device ID/);
  await say(served, "user disable 7");
  assert.notEqual((await served.ipmitool(["mc", "info"], login)).code, 0);
});

test("power in watts, and a limit that is kept", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const power = async (): Promise<number> => {
    const text = await say(served, "dcmi power reading");
    return Number(/Instantaneous power reading:\s+(\d+)/.exec(text)?.[1]);
  };
  assert.equal(await power(), 150);
  assert.match(await say(served, "dcmi power get_limit"), /No Active Power Limit/);
  await say(served, "dcmi power set_limit limit 110");
  await say(served, "dcmi power activate");
  served.bmc.tick(1);
  assert.equal(await power(), 110);
  const limit = await say(served, "dcmi power get_limit");
  assert.match(limit, /Power Limit Active[^]*Power Limit:\s+110 Watts/);
  await say(served, "dcmi power deactivate");
  served.bmc.tick(1);
  assert.equal(await power(), 150);
  assert.match(await say(served, "dcmi discover"), /Power management available/);
  assert.match(await say(served, "dcmi asset_tag"), /asset-0001/);
  await say(served, "dcmi set_asset_tag hut-17");
  assert.match(await say(served, "dcmi asset_tag"), /hut-17/);
  assert.match(await say(served, "dcmi sensors"), /Inlet: 1 temperature sensor found/);
  assert.match(await say(served, "dcmi get_temp_reading"), /Inlet air temperature\(40h\)\s+1\s+\+23 C/);
});
