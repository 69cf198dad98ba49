// Other clients nobody here wrote use the simulated BMC: OpenIPMI, which leaves the algorithms to the BMC, and pyghmi,
// which tries SHA-256 first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram, servedBmc } from "../support/served-bmc.ts";

const timeout = 60_000;

test("OpenIPMI asks for the device id, over RMCP+ and IPMI v1.5", { timeout }, async (t) => {
  const { host, port } = await servedBmc(t, { legacy: true });
  for (const kind of [
    ["-A", "rmcp+"],
    ["-A", "md5"],
  ]) {
    const login = ["-U", "admin", "-P", "admin-pass", "-p", String(port), host];
    const { out } = await runProgram("openipmicmd", ["-k", "f 0 6 1", "lan", ...kind, ...login]);
    assert.match(out, /0f 07 00 01 00 20 01 02 14 02 bf d9 7e 00 01 0e/, kind.join(" "));
  }
});

test("OpenIPMI's ping is answered", { timeout }, async (t) => {
  const { host, port } = await servedBmc(t);
  const { out } = await runProgram("rmcp_ping", ["-p", String(port), "-t", "1", host]);
  assert.match(out, /^\S+ IPMI$/m);
});

const script = `
import json, sys
from pyghmi.ipmi import command
c = command.Command(bmc=sys.argv[1], port=int(sys.argv[2]), userid="admin", password="admin-pass")
c.set_bootdev("network")
sensors = {s.name: s.value for s in c.get_sensor_data()}
print(json.dumps({
    "power": c.get_power()["powerstate"], "boot": c.get_bootdev()["bootdev"], "health": c.get_health()["health"],
    "inlet": sensors["Inlet Temp"], "fan": sensors["Fan1"], "count": len(sensors),
    "serial": dict(c.get_inventory())["System"]["Serial Number"],
    "suite": c.ipmi_session.attemptedhash,
}))
`;

test("pyghmi reads sensors, inventory and boot device", { timeout }, async (t) => {
  const { bmc, host, port } = await servedBmc(t);
  const { out } = await runProgram("/usr/bin/python3", ["-c", script, host, String(port)]);
  const said = JSON.parse(out) as Record<string, unknown>;
  const value = (key: string): number | undefined => {
    const sensor = bmc.sensors.find(key);
    return sensor && bmc.sensors.value(sensor);
  };
  assert.deepEqual(
    [said["power"], said["boot"], said["health"], said["serial"], said["suite"]],
    ["on", "network", 0, "SN-0001", 256],
  );
  assert.deepEqual([said["inlet"], said["fan"]], [value("inlet-temp"), value("fan1")]);
});
