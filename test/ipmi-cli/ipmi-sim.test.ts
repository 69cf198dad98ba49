// `bothy ipmi` at OpenIPMI's simulated BMC, which nobody here wrote, beside what ipmitool says of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type IpmiSim, startIpmiSim } from "../support/ipmi-sim.ts";
import { runProgram } from "../support/served-bmc.ts";
import { fieldsOf, rowsOf } from "../support/tool-output.ts";
import { operator } from "./bothy-ipmi.ts";

const timeout = 400_000;

async function ipmitool({ host, port, users }: IpmiSim, ...args: string[]): Promise<string> {
  const login = [
    "-I",
    "lanplus",
    "-C",
    "3",
    "-H",
    host,
    "-p",
    String(port),
    "-U",
    "admin",
    "-P",
    users.admin,
  ];
  return (await runProgram("ipmitool", [...login, ...args])).out;
}

interface SensorJson {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string | null;
}

test(
  "sensors: the values are those of ipmitool, at the first run and from kept records",
  { timeout },
  async (t) => {
    const sim = await startIpmiSim(t, { extraSensors: 10, plainNames: true });
    const { json, run: bothyIpmi } = operator(t, sim);
    const people = await bothyIpmi("sensors");
    assert.equal(people.code, 0);
    assert.match(
      people.err,
      /^without a reading, as they only send events \(bothy ipmi sel shows them\): .*Watchdog/,
    );
    const theirs = rowsOf(await ipmitool(sim, "sensor")).filter(
      ([, value = "", unit]) => unit !== "discrete" && value !== "na",
    );
    assert.ok(theirs.length >= 20, `${theirs.length} sensors with a number`);
    for (const run of ["first", "second"]) {
      const ours = await json<SensorJson[]>("sensors");
      const wrong = theirs.flatMap(([name = "", text, unit = ""]) => {
        const own = ours.find((one) => one.name === name)?.value ?? Number.NaN;
        const value = converted[unit]?.(Number(text)) ?? Number(text);
        return Math.abs(own - value) <= 0.001 * Math.max(1, Math.abs(value)) ? [] : [[name, own, text, unit]];
      });
      assert.deepEqual(wrong, [], run);
    }
  },
);

/** Units that become others here. */
const converted: Readonly<Record<string, (value: number) => number>> = {
  "degrees F": (value) => ((value - 32) * 5) / 9,
  CFM: (value) => (value * 0.3048 ** 3) / 60,
};

test("power, fru, sel, mc: what ipmitool says", { timeout }, async (t) => {
  const sim = await startIpmiSim(t);
  const { json, told } = operator(t, sim);
  const mc = fieldsOf(await ipmitool(sim, "mc", "info"));
  const info = await json<{ firmware: string; maker: number; session: { suite: number } }>("mc");
  assert.deepEqual(
    [info.firmware, String(info.maker)],
    [mc.get("Firmware Revision"), mc.get("Manufacturer ID")],
  );
  assert.equal(info.session.suite, 3, "it has no suite 17");
  const [machine] = await json<[{ product?: { serial: string }; board?: { serial: string } }]>("fru");
  const fru = fieldsOf(await ipmitool(sim, "fru", "print", "0"));
  assert.equal(machine.board?.serial, fru.get("Board Serial"));
  assert.equal(machine.product?.serial, fru.get("Product Serial"));
  const events = await json<{ id: number; sensor?: string }[]>("sel");
  const listed = rowsOf(await ipmitool(sim, "sel", "list"));
  assert.deepEqual(
    events.map(({ id }) => id),
    listed.map(([id = ""]) => Number.parseInt(id, 16)),
  );
  assert.match(await told("power", "off", "--yes"), /: off after/);
  assert.match(await ipmitool(sim, "power", "status"), /is off/);
  assert.match(await told("power", "on", "--yes"), /: on after/);
  assert.match(await ipmitool(sim, "power", "status"), /is on/);
});

test("a simulator that is not there any more does not answer", { timeout }, async (t) => {
  const sim = await startIpmiSim(t);
  const { run, told } = operator(t, sim);
  assert.match(await told("ping"), /: a BMC/);
  const wrong = await operator(t, sim, { BOTHY_IPMI_PASSWORD: "wrong" }).run("power");
  assert.match(wrong.err, /^bothy: [^\n]*the password of "admin" is wrong[^\n]*\n$/);
  await sim.kill();
  const { code, err } = await run("sensors", "--timeout", "100ms");
  assert.deepEqual([code, /does not answer/.test(err)], [2, true], err);
});
