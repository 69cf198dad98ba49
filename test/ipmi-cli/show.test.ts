// What `bothy ipmi` shows of the simulated BMC, beside what ipmitool shows of it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import { servedBmc } from "../support/served-bmc.ts";
import { fieldsOf, rowsOf } from "../support/tool-output.ts";
import { operator } from "./bothy-ipmi.ts";

const timeout = 400_000;

interface SensorJson {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly class: string;
  readonly value: number | null;
  readonly unit: string | null;
  readonly severity: string | null;
  readonly states: readonly string[];
  readonly crossed: readonly string[];
  readonly thresholds?: Readonly<Record<string, number>>;
  readonly reason?: { readonly code: string };
  readonly hostOff?: boolean;
}

const units: Readonly<Record<string, string>> = {
  "degrees C": "C",
  RPM: "RPM",
  Volts: "V",
  Watts: "W",
  Amps: "A",
};

test("sensors: every value, unit and threshold is the one ipmitool shows", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { json } = operator(t, served);
  const ours = await json<SensorJson[]>("sensors", "--thresholds");
  const theirs = rowsOf((await served.ipmitool(["sensor"])).out);
  const analog = theirs.filter(([, , unit = ""]) => unit in units);
  assert.ok(analog.length > 20, `${analog.length} sensors with a number`);
  for (const [name, value, unit = "", status, lnr, lc, lnc, unc, uc, unr] of analog) {
    const own = ours.find((one) => one.name === name);
    const about = `${name}: ${JSON.stringify(own)}`;
    assert.ok(own !== undefined, about);
    assert.ok(Math.abs((own.value ?? NaN) - Number(value)) < 0.001, about);
    assert.equal(own.unit, units[unit], about);
    assert.equal(status, "ok");
    assert.equal(own.severity, "ok", about);
    for (const [key, text] of Object.entries({ lnr, lc, lnc, unc, uc, unr })) {
      const limit: number | undefined = own.thresholds?.[key];
      if (text === "na") assert.equal(limit, undefined, `${about}: ${key}`);
      else assert.ok(Math.abs((limit ?? NaN) - Number(text)) < 0.001, `${about}: ${key}`);
    }
  }
  // Of sensors that share a record ipmitool shows only the first, without its number.
  const own = new Set(ours.map(({ name }) => name.replace(/^Drive\d$/, "Drive")));
  assert.deepEqual([...own].sort(), theirs.map(([name]) => name).sort(), "neither shows more than the other");
});

test("sensors: chosen by name and type, drawn for people and for programs", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { run, told } = operator(t, served);
  const [table, csv, none, noType, wrongColumn] = await Promise.all([
    told("sensors", "--type", "temperature", "CPU?*"),
    told("sensors", "--type", "fan", "--csv", "--columns", "sensor,unit,state"),
    run("sensors", "Inlet Tmp"),
    run("sensors", "--type", "temprature"),
    run("sensors", "--columns", "vale"),
  ]);
  const [head = "", ...rows] = table.trim().split("\n");
  assert.match(head, /^SENSOR +VALUE +UNIT +STATE +TYPE +ENTITY +NUMBER$/);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/)[0]),
    ["CPU1 Temp", "CPU2 Temp", "CPU1 Margin"],
  );
  assert.deepEqual(csv.split("\r\n").slice(0, 2), ["sensor,unit,state", "Fan1,RPM,ok"]);
  assert.match(none.err, /there is no sensor "Inlet Tmp"; did you mean "Inlet Temp"\?/);
  assert.match(noType.err, /there is no type of sensor "temprature"; did you mean "temperature"\?/);
  assert.match(wrongColumn.err, /did you mean value\?/);
  assert.deepEqual([none.code, noType.code, wrongColumn.code], [2, 2, 2]);
});

test(
  "sensors --strict ends with 1 when one is critical; --faults shows only that",
  { timeout },
  async (t) => {
    const served = await servedBmc(t);
    const { run } = operator(t, served);
    const well = await run("sensors", "--faults", "--strict");
    assert.deepEqual([well.code, well.out], [0, ""]);
    assert.match(well.err, /^none of \d+ sensors says that anything is wrong\n$/);
    served.bmc.faults.deadFans.add(2);
    for (let second = 0; second < 60; second++) served.bmc.tick(1);
    const dead = await run("sensors", "--faults", "--strict", "--json");
    assert.equal(dead.code, 1);
    const [fan] = JSON.parse(dead.out) as [SensorJson];
    assert.deepEqual([fan.name, fan.value], ["Fan2", 0]);
    assert.match(fan.severity ?? "", /^(critical|non-recoverable)$/);
    const loose = await run("sensors", "--faults");
    assert.equal(loose.code, 0);
    assert.match(loose.out, /^Fan2 +0 +RPM +lower/m);
  },
);

test("sensors of a server that is off have no reading, and say why", { timeout }, async (t) => {
  const served = await servedBmc(t, { running: false });
  const { json, told } = operator(t, served);
  const off = (await json<SensorJson[]>("sensors")).filter(({ hostOff }) => hostOff === true);
  const fan = off.find(({ name }) => name === "Fan1");
  assert.deepEqual([fan?.value, fan?.reason !== undefined], [null, true]);
  assert.match(await told("sensors", "Fan1"), /^Fan1 +- +- +host off/m);
});

test(
  "the records of sensors are kept: the second run asks for them only whether they changed",
  { timeout },
  async (t) => {
    const served = await servedBmc(t);
    const { told, env } = operator(t, served);
    const getSdr = (): number => served.bmc.executed(0x0a, 0x23);
    const getInfo = (): number => served.bmc.executed(0x0a, 0x20);
    const first = await told("sdr");
    assert.ok(getSdr() > 30, `${getSdr()} parts of records were read`);
    const folder = join(env["XDG_CACHE_HOME"] ?? "", "bothy");
    const [file = ""] = readdirSync(folder);
    assert.match(file, /^ipmi-[\da-f]{16}\.json$/);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.doesNotMatch(readFileSync(join(folder, file), "utf8"), /admin/);
    const before = { sdr: getSdr(), info: getInfo() };
    assert.equal(await told("sdr"), first);
    assert.deepEqual({ sdr: getSdr(), info: getInfo() }, { sdr: before.sdr, info: before.info + 1 });
    // What is damaged, and what others may have written, is as if it was not there.
    writeFileSync(join(folder, file), "{");
    assert.equal(await told("sdr"), first);
    assert.ok(getSdr() > before.sdr);
  },
);

test("mc, users, lan, dcmi and fru say what ipmitool says", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const { json, told } = operator(t, served);
  const theirs = async (...args: string[]): Promise<string> => (await served.ipmitool(args)).out;
  const [mc, lan, fru, guid] = [
    fieldsOf(await theirs("mc", "info")),
    fieldsOf(await theirs("lan", "print", "1")),
    fieldsOf(await theirs("fru", "print", "0")),
    fieldsOf(await theirs("mc", "guid")),
  ];
  const info = await json<Record<string, unknown>>("mc");
  assert.equal(info["firmware"], mc.get("Firmware Revision"));
  assert.equal(String(info["maker"]), mc.get("Manufacturer ID"));
  assert.equal(info["ipmi"], mc.get("IPMI Version"));
  assert.equal((info["session"] as { suite: number }).suite, 17);
  const network = await json<Record<string, unknown>>("lan");
  assert.equal(network["ip"], lan.get("IP Address"));
  assert.equal(network["mac"], lan.get("MAC Address"));
  assert.equal(network["mask"], lan.get("Subnet Mask"));
  const [machine] =
    await json<[{ board: { serial: string }; product: { serial: string; name: string } }]>("fru");
  assert.equal(machine.board.serial, fru.get("Board Serial"));
  assert.equal(machine.product.serial, fru.get("Product Serial"));
  assert.equal(machine.product.name, fru.get("Product Name"));
  const own = await json<Record<string, string>>("mc", "guid");
  assert.ok(Object.values(own).includes((guid.get("System GUID") ?? "").toLowerCase()), JSON.stringify(own));
  const accounts = await json<{ user: number; name: string; level: string }[]>("users");
  assert.deepEqual(
    accounts.map(({ user, name, level }) => [user, name, level]),
    [
      [2, "admin", "administrator"],
      [3, "operator", "operator"],
      [4, "monitor", "user"],
    ],
  );
  const draw = fieldsOf(await theirs("dcmi", "power", "reading"));
  const { watts } = await json<{ watts: number }>("dcmi");
  assert.equal(`${watts} Watts`, draw.get("Instantaneous power reading"));
  assert.match(await told("mc", "selftest"), /^self test +passed$/m);
});

test("sel: every event with the sensor and the time that ipmitool shows", { timeout }, async (t) => {
  const served = await servedBmc(t);
  served.bmc.faults.deadFans.add(3);
  for (let second = 0; second < 60; second++) served.bmc.tick(1);
  const { json, told, run } = operator(t, served);
  const theirs = rowsOf((await served.ipmitool(["sel", "elist"])).out);
  const ours = await json<{ id: number; sensor: string; text: string; severity: string | null }[]>("sel");
  assert.ok(theirs.length > 0);
  assert.deepEqual(
    ours.map(({ id, sensor }) => [id, sensor]),
    theirs.map(([id = "", , , sensor = ""]) => [
      Number.parseInt(id, 16),
      sensor.replace(/^\w+ (?=Fan3)/, ""),
    ]),
  );
  assert.ok(ours.some(({ severity }) => severity === "critical"));
  const table = (await told("sel", "--last", "1")).trim().split("\n");
  assert.equal(table.length, 2);
  const [id = "", day = "", time = ""] = theirs.at(-1) ?? [];
  const [month = "", date = "", year = ""] = day.split("/");
  assert.match(
    table[1] ?? "",
    new RegExp(`^${id.padStart(4, "0")} +20${year.slice(-2)}-${month}-${date} ${time.slice(0, 8)} +Fan3 `),
  );
  assert.match(await told("sel", "info"), new RegExp(`^events +${theirs.length}$`, "m"));
  assert.match(await told("sel", "time"), /^which is +as this machine's$/m);
  const refused = await run("sel", "clear");
  assert.deepEqual([refused.code, served.bmc.executed(0x0a, 0x47)], [2, 0]);
  assert.match(refused.err, /say --yes if that is meant/);
  assert.match(await told("sel", "clear", "--yes"), new RegExp(`${theirs.length} events are gone`));
  assert.equal((await run("sel")).err, "the event log is empty\n");
});

test("sensors: where there are none, so it says", { timeout }, async (t) => {
  const model = { ...genericServer(), sensors: [], oemRecords: [] };
  const served = await servedBmc(t, { model });
  const { json, run } = operator(t, served);
  assert.deepEqual(await json("sensors"), []);
  const { code, out, err } = await run("sensors", "--faults");
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, new RegExp(`:${served.port} has no sensor that can be read`, "u"));
});

test("fru: memory nobody wrote to is said to be blank, not missing", { timeout }, async (t) => {
  const served = await servedBmc(t);
  const [own, ...supplies] = served.bmc.parts.frus;
  supplies[0]?.fill(0xff);
  const { run } = operator(t, served);
  const one = await run("fru");
  assert.equal(one.code, 0);
  assert.match(
    one.err,
    /^inventory 1: the inventory area is blank, all bytes are FFh: it was never programmed\n$/,
  );
  own?.fill(0xff);
  const only = await run("fru", "--id", "0");
  assert.equal(only.code, 2);
  assert.match(only.err, /: inventory 0: the inventory area is blank/);
  assert.match((await run("fru", "--id", "9")).err, /has no inventory 9/);
});
