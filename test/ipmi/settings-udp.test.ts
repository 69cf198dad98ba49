// What is set over a real session, at the simulated BMC, and what ipmitool says of it afterwards.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { alertNow, getAlertDestination, setAlertDestination } from "../../plugins/ipmi/commands/alerts.ts";
import { activatePowerLimit, getPowerLimit, setPowerLimit } from "../../plugins/ipmi/commands/dcmi.ts";
import {
  getPefCapabilities,
  getPefControl,
  getPefParameter,
  listPefFilters,
  listPefPolicies,
  setPefParameter,
} from "../../plugins/ipmi/commands/pef.ts";
import { type BmcClient, openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { listenForTraps, type ReceivedTrap } from "../../plugins/ipmi/pet/listen.ts";
import { fails } from "../support/mock-requester.ts";
import { servedBmc, type ServedBmc } from "../support/served-bmc.ts";

const clock = systemClock;
const channel = 1;

function talkTo(t: TestContext, { host, port }: ServedBmc): BmcClient {
  const socket = openIpmiSocket();
  const bmc = openBmc({ host, port, user: "admin", password: "admin-pass", clock, socket });
  t.after(async () => {
    await bmc.close();
    await socket.close();
  });
  return bmc;
}

test("filters and policies of alerts are read and set, as ipmitool reads them", async (t) => {
  const served = await servedBmc(t);
  const bmc = talkTo(t, served);
  assert.deepEqual(await getPefCapabilities(bmc), { version: "1.5", actions: ["alert"], filters: 8 });
  assert.deepEqual(await getPefControl(bmc), { enabled: true, logged: false, allowed: ["alert"] });
  const filters = await listPefFilters(bmc);
  assert.equal(filters.length, 8);
  assert.deepEqual(
    filters.filter(({ enabled }) => enabled).map(({ index, actions, policy }) => [index, actions, policy]),
    [[1, ["alert"], 1]],
  );
  await setPefParameter(bmc, 9, [5, 0x28, 0x13, 0]);
  const policies = await listPefPolicies(bmc);
  assert.equal(policies.length, 8);
  assert.deepEqual(policies[4], { index: 5, policy: 2, enabled: true, rule: 0, channel: 1, destination: 3 });
  const theirs = (await served.ipmitool(["pef", "policy", "list"])).out.split("\n");
  const row = theirs
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([index]) => index === "5");
  assert.deepEqual(row?.slice(1, 3), ["2", "enabled"], theirs.join("\n"));
  // How many there are is the controller's own affair.
  await assert.rejects(setPefParameter(bmc, 8, [3]), fails("REFUSED"));
  await assert.rejects(getPefParameter(bmc, 99), fails("UNSUPPORTED"));
});

test("a destination of alerts is set and read back, and an alert sent there arrives", async (t) => {
  const traps: ReceivedTrap[] = [];
  let came: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (came = resolve));
  const listener = await listenForTraps({
    port: 0,
    community: "public",
    onEvent: (trap) => {
      traps.push(trap);
      came();
    },
  });
  t.after(() => listener.close());
  const served = await servedBmc(t, { trapPort: listener.port });
  const bmc = talkTo(t, served);
  const wanted = { ip: "127.0.0.1", acknowledged: false, timeout: 4000, retries: 2 };
  await setAlertDestination(bmc, channel, 2, wanted, { clock, pause: 0 });
  const read = await getAlertDestination(bmc, channel, 2);
  assert.deepEqual(read, {
    index: 2,
    kind: "pet",
    mac: "00:00:00:00:00:00",
    backupGateway: false,
    ...wanted,
  });
  const theirs = (await served.ipmitool(["lan", "alert", "print", "1", "2"])).out;
  assert.match(theirs, /Alert Destination\s+: 2/);
  assert.match(theirs, /Destination Type\s+: PET Trap/);
  assert.match(theirs, /Number of Retries\s+: 2/);
  assert.match(theirs, /Alert IP Address\s+: 127\.0\.0\.1/);
  await alertNow(bmc, channel, 2);
  await arrival;
  assert.equal(traps[0]?.from, "127.0.0.1");
  assert.deepEqual(traps[0].pet.guid.raw, Buffer.from(served.bmc.guid).toString("hex"));
  await assert.rejects(setAlertDestination(bmc, channel, 16, wanted, { clock }), fails("OUT_OF_RANGE"));
});

test("a power limit is set, put in force, lifted, and refused where it makes no sense", async (t) => {
  const served = await servedBmc(t);
  const bmc = talkTo(t, served);
  const theirs = async (): Promise<string> => (await served.ipmitool(["dcmi", "power", "get_limit"])).out;
  assert.equal(await getPowerLimit(bmc), undefined);
  const limit = { watts: 210, correction: 3000, periodSeconds: 5, exceeded: "log" } as const;
  await setPowerLimit(bmc, limit);
  assert.equal(await getPowerLimit(bmc), undefined, "not before it is put in force");
  await activatePowerLimit(bmc, true);
  assert.deepEqual(await getPowerLimit(bmc), limit);
  const said = await theirs();
  assert.match(said, /Power Limit:\s+210 +Watts/);
  assert.match(said, /Correction time:\s+3000 milliseconds/);
  assert.match(said, /Current Limit State: Power Limit Active/);
  await assert.rejects(setPowerLimit(bmc, { ...limit, watts: 0 }), fails("REJECTED_VALUE"));
  await assert.rejects(setPowerLimit(bmc, { ...limit, watts: 70_000 }), fails("OUT_OF_RANGE"));
  assert.deepEqual(await getPowerLimit(bmc), limit);
  await activatePowerLimit(bmc, false);
  assert.equal(await getPowerLimit(bmc), undefined);
  assert.doesNotMatch(await theirs(), /Power Limit Active/);
});
