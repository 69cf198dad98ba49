import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { seconds, systemClock } from "../../devices/clock.ts";
import { getBootFlags, setBootFlags } from "../../plugins/ipmi/commands/boot.ts";
import { getChannelInfo, listChannels } from "../../plugins/ipmi/commands/channels.ts";
import { getChassisStatus } from "../../plugins/ipmi/commands/chassis.ts";
import { listCipherSuites } from "../../plugins/ipmi/commands/cipher-suites.ts";
import { getPowerReading, ifDcmi } from "../../plugins/ipmi/commands/dcmi.ts";
import { getDeviceId } from "../../plugins/ipmi/commands/device-id.ts";
import { getSystemGuid } from "../../plugins/ipmi/commands/guid.ts";
import { identify } from "../../plugins/ipmi/commands/identify.ts";
import { getLanConfiguration, setLanConfiguration } from "../../plugins/ipmi/commands/lan.ts";
import { enableUser, setUserPassword, testUserPassword } from "../../plugins/ipmi/commands/passwords.ts";
import { getPefCapabilities, listPefFilters } from "../../plugins/ipmi/commands/pef.ts";
import { powerAction } from "../../plugins/ipmi/commands/power-action.ts";
import { parseRaw, raw } from "../../plugins/ipmi/commands/raw.ts";
import { getSessionInfo } from "../../plugins/ipmi/commands/sessions.ts";
import { listUsers, setUserAccess, setUserName } from "../../plugins/ipmi/commands/users.ts";
import { getWatchdog } from "../../plugins/ipmi/commands/watchdog.ts";
import { readFru } from "../../plugins/ipmi/fru/index.ts";
import { writeFru } from "../../plugins/ipmi/fru/write.ts";
import { type BmcClient, openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { clearSel } from "../../plugins/ipmi/sel/clear.ts";
import { describeEvent } from "../../plugins/ipmi/sel/describe.ts";
import { readSel } from "../../plugins/ipmi/sel/read.ts";
import { addSelEntry, deleteSelEntry, getSelInfo } from "../../plugins/ipmi/sel/requests.ts";
import { getSelTime, setSelTime } from "../../plugins/ipmi/sel/time.ts";
import { startPyghmiBmc } from "../support/foreign-bmc.ts";
import { type IpmiSim, startIpmiSim } from "../support/ipmi-sim.ts";

const run = promisify(execFile);
const clock = systemClock;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}
const admin = ({ host, port }: IpmiSim): Place => ({ host, port, user: "admin", password: "admin-pass" });

function talkTo(t: TestContext, place: Place): BmcClient {
  const socket = openIpmiSocket();
  const client = openBmc({ clock, socket, ...place, suites: [3] });
  t.after(async () => {
    await client.close();
    await socket.close();
  });
  return client;
}

/** What ipmitool says of the same BMC. */
async function ipmitool({ host, port, user, password }: Place, ...command: string[]): Promise<string> {
  const access = ["-I", "lanplus", "-C", "3", "-H", host, "-p", String(port), "-U", user, "-P", password];
  return (await run("ipmitool", [...access, ...command])).stdout;
}

/** The lines `name : value` of an answer; those without a name go on with the one before. */
function facts(text: string): Map<string, string> {
  const pairs = [...text.matchAll(/^ *([^:\n]+?) *: (.*?) *$/gm)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  return new Map(pairs.reverse());
}

async function simulated(t: TestContext) {
  const sim = await startIpmiSim(t, { plainNames: true });
  return { sim, place: admin(sim), bmc: talkTo(t, admin(sim)) };
}

test("ipmi_sim: who it is, as ipmitool says", async (t) => {
  const { place, bmc } = await simulated(t);
  const said = facts(await ipmitool(place, "mc", "info"));
  const id = await getDeviceId(bmc);
  assert.deepEqual(
    [String(id.deviceId), id.firmware, id.ipmi, String(id.maker), id.product],
    [
      said.get("Device ID"),
      said.get("Firmware Revision"),
      said.get("IPMI Version"),
      said.get("Manufacturer ID"),
      parseInt(said.get("Product ID") ?? ""),
    ],
  );
  const guid = facts(await ipmitool(place, "mc", "guid"));
  assert.equal((await getSystemGuid(bmc)).ipmi, guid.get("System GUID"));
  assert.deepEqual(
    await raw(bmc, parseRaw(["0x06", "0x37"])),
    Buffer.from((await getSystemGuid(bmc)).raw, "hex"),
  );
  assert.equal((await getWatchdog(bmc)).running, false);
  const { session } = await getSessionInfo(bmc);
  assert.deepEqual([session?.user, session?.level, session?.rmcpPlus], [2, "administrator", true]);
  assert.deepEqual(await ifDcmi(getPowerReading(bmc)), undefined);
});

test("ipmi_sim: power goes off and on and cycles, each command sent once; ipmitool sees the same", async (t) => {
  const { sim, place, bmc } = await simulated(t);
  const power = async (): Promise<string> => (await ipmitool(place, "chassis", "power", "status")).trim();
  const outcomes: string[] = [];
  for (const [action, shows] of [
    ["off", "off"],
    ["on", "on"],
    ["cycle", "on"],
    ["reset", "on"],
  ] as const) {
    const { result, status } = await powerAction(bmc, action, { clock, interval: 100 });
    outcomes.push(`${action} ${result}`);
    assert.equal(status.on, shows === "on");
    assert.equal(await power(), `Chassis Power is ${shows}`);
  }
  assert.deepEqual(outcomes, ["off confirmed", "on confirmed", "cycle confirmed", "reset accepted"]);
  const log = (sim.file("chassis/log") ?? "").split("\n");
  assert.equal(log.filter((line) => line.startsWith("reset")).length, 1);
  await identify(bmc, { seconds: 30 });
  assert.match(sim.file("chassis/log") ?? "", /identify 30/);
});

test("ipmi_sim: an operating system that ends, one that hangs and is cut off, one that hangs and is not", async (t) => {
  const sim = await startIpmiSim(t, { plainNames: true, softOffSeconds: 1 });
  const bmc = talkTo(t, admin(sim));
  const options = { clock, interval: 100 } as const;
  assert.equal((await powerAction(bmc, "soft-then-off", options)).forced, false);
  await powerAction(bmc, "on", options);
  writeFileSync(join(sim.folder, "chassis", "hung"), "");
  await assert.rejects(powerAction(bmc, "soft-off", { ...options, limit: 1500 }), { code: "NOT_CONFIRMED" });
  assert.equal((await getChassisStatus(bmc)).on, true);
  assert.equal((await powerAction(bmc, "soft-then-off", { ...options, softLimit: 1500 })).forced, true);
  assert.equal((await getChassisStatus(bmc)).on, false);
  const commands = (sim.file("chassis/log") ?? "").split("\n").map((line) => line.split(" ")[0]);
  assert.equal(commands.filter((command) => command === "shutdown").length, 3);
});

test("ipmi_sim: the boot device, set by us and by ipmitool", async (t) => {
  const { place, bmc } = await simulated(t);
  await setBootFlags(bmc, { device: "pxe" });
  assert.match(await ipmitool(place, "chassis", "bootparam", "get", "5"), /Boot Device Selector : Force PXE/);
  await ipmitool(place, "chassis", "bootdev", "cdrom");
  assert.equal((await getBootFlags(bmc)).device, "cd");
});

/** `ipmitool sel elist`: id, event, direction. */
const listed = (text: string): string[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.split("|").map((column) => column.trim()));

test("ipmi_sim: the event log as ipmitool lists it; what is new, what is deleted, and clearing it", async (t) => {
  const { sim, place, bmc } = await simulated(t);
  const all = await readSel(bmc);
  const list = listed(await ipmitool(place, "sel", "elist"));
  assert.equal(all.records.length, list.length);
  for (const [n, record] of all.records.entries()) {
    const [id, , , , event, direction] = list[n]!;
    assert.equal(record.id.toString(16), id);
    if (record.kind !== "event") continue;
    const text = describeEvent(record, record.generator);
    assert.equal(text.asserted, direction === "Asserted");
    if (record.eventType === 1) assert.equal(text.event, event!.toLowerCase());
  }
  assert.deepEqual((await readSel(bmc, all.mark)).records, []);

  await sim.command("sel_add 0x20 2 0 0 0 0 0x20 0 4 1 2 1 0x57 82 80");
  const news = await readSel(bmc, all.mark);
  assert.deepEqual(
    news.records.map((record) => record.kind === "event" && record.sensor),
    [2],
  );
  const added = await addSelEntry(bmc, "000002000000002000040101018759ffff".slice(0, 32));
  const more = await readSel(bmc, news.mark);
  assert.deepEqual(
    more.records.map(({ id }) => id),
    [added],
  );
  await deleteSelEntry(bmc, added);
  const deleted = await readSel(bmc, more.mark);
  assert.equal(deleted.restarted, true, "what was read last is gone");
  assert.equal(deleted.records.length, all.records.length + 1);

  await clearSel(bmc, { clock });
  assert.equal((await getSelInfo(bmc)).entries, 0);
  const cleared = await readSel(bmc, deleted.mark);
  assert.deepEqual([cleared.records, cleared.restarted], [[], true]);
});

test("ipmi_sim: the event log's clock", async (t) => {
  const { bmc } = await simulated(t);
  assert.equal((await getSelTime(bmc)).kind, "since-start");
  const now = Date.parse("2031-05-06T07:08:09Z");
  await setSelTime(bmc, now);
  const time = await getSelTime(bmc);
  assert.ok(time.kind === "clock" && time.instant >= now && time.instant < now + 60_000);
});

test("ipmi_sim: inventories as ipmitool prints them; a byte written is there", async (t) => {
  const { place, bmc } = await simulated(t);
  const said = facts(await ipmitool(place, "fru", "print", "0"));
  const { fru } = await readFru(bmc, 0, { clock });
  const { chassis, board, product } = fru;
  const ours = {
    "Chassis Part Number": chassis?.part,
    "Chassis Serial": chassis?.serial,
    "Chassis Extra": chassis?.custom[0]?.text,
    "Board Mfg": board?.maker,
    "Board Product": board?.product,
    "Board Serial": board?.serial,
    "Board Part Number": board?.part,
    "Board Extra": board?.custom[0]?.text,
    "Product Manufacturer": product?.maker,
    "Product Name": product?.name,
    "Product Part Number": product?.part,
    "Product Version": product?.version,
    "Product Serial": product?.serial,
    "Product Asset Tag": product?.assetTag,
  };
  for (const [name, value] of Object.entries(ours)) assert.equal(value, said.get(name), name);
  assert.equal(new Date(board?.made ?? 0).getTime(), Date.parse(said.get("Board Mfg Date") ?? ""));
  assert.deepEqual(fru.warnings, []);
  const supply = await readFru(bmc, 1, { clock, chunk: 64 });
  assert.equal(supply.fru.records[0]?.powerSupply?.capacityWatts, 750);
  assert.ok(supply.chunk <= 34, "it gives no more at once");
  await writeFru(bmc, 0, 0x180, Buffer.from("written here"), { clock });
  assert.match(
    await ipmitool(place, "raw", "0x0a", "0x11", "0x00", "0x80", "0x01", "0x0c"),
    /0c 77 72 69 74 74 65 6e/,
  );
  await assert.rejects(readFru(bmc, 9, { clock }), { code: "ABSENT" });
});

test("ipmi_sim: LAN and channels as ipmitool prints them; an address set by us is printed by it", async (t) => {
  const { place, bmc } = await simulated(t);
  const said = facts(await ipmitool(place, "lan", "print", "1"));
  const lan = await getLanConfiguration(bmc, 1);
  assert.deepEqual(
    [lan.ip, lan.mask, lan.mac, lan.gateway, lan.gatewayMac, lan.backupGateway, lan.backupGatewayMac],
    [
      "IP Address",
      "Subnet Mask",
      "MAC Address",
      "Default Gateway IP",
      "Default Gateway MAC",
      "Backup Gateway IP",
      "Backup Gateway MAC",
    ].map((name) => said.get(name)),
  );
  assert.equal(`${lan.source ?? ""} address`, said.get("IP Address Source")?.toLowerCase());
  assert.deepEqual(
    lan.suites?.slice(0, lan.suiteCount).map(String),
    said.get("RMCP+ Cipher Suites")?.split(","),
  );
  assert.equal(said.get("802.1q VLAN ID"), lan.vlan?.enabled === true ? String(lan.vlan.id) : "Disabled");
  assert.equal(said.get("Bad Password Threshold") === "Not Available", lan.badPassword === undefined);
  await setLanConfiguration(bmc, 1, { gateway: "192.0.2.254" }, { clock, pause: 10 });
  assert.equal(facts(await ipmitool(place, "lan", "print", "1")).get("Default Gateway IP"), "192.0.2.254");

  const channel = facts(await ipmitool(place, "channel", "info", "1"));
  const info = await getChannelInfo(bmc, 1);
  assert.deepEqual(
    [channel.get("Channel Medium Type"), String(info.vendor)],
    [`802.3 ${info.medium}`, channel.get("Protocol Vendor ID")],
  );
  assert.ok((await listChannels(bmc)).some(({ medium }) => medium === "LAN"));
  // ipmitool stops before the last ones; there are as many as the LAN parameters say.
  const suites = (await ipmitool(place, "channel", "getciphers", "ipmi", "1")).match(/^\d+/gm) ?? [];
  const ours = (await listCipherSuites(bmc, 1)).map(({ id }) => String(id));
  assert.deepEqual([ours.slice(0, suites.length), ours.length], [suites, lan.suiteCount]);
});

test("ipmi_sim: users as ipmitool lists them; one we make can log in", async (t) => {
  const { sim, place, bmc } = await simulated(t);
  const rows = (await ipmitool(place, "-c", "user", "list", "1"))
    .trim()
    .split("\n")
    .map((row) => row.split(","));
  const named = rows.filter(([, name]) => name !== "").map(([id, name]) => [Number(id), name]);
  const users = (await listUsers(bmc, 1)).filter(({ name }) => name !== "");
  assert.deepEqual(
    users.map(({ user, name }) => [user, name]),
    named,
  );

  await setUserName(bmc, 7, "newuser");
  await setUserPassword(bmc, 7, "newpass");
  await enableUser(bmc, 7, true);
  const flags = { callbackOnly: false, linkAuthentication: false, messaging: true };
  await setUserAccess(bmc, 1, 7, { level: "administrator", flags });
  assert.equal(await testUserPassword(bmc, 7, "newpass"), true);
  const status = await ipmitool(
    { ...admin(sim), user: "newuser", password: "newpass" },
    "chassis",
    "power",
    "status",
  );
  assert.match(status, /Chassis Power is on/);
});

test("ipmi_sim: event filters", async (t) => {
  const { bmc } = await simulated(t);
  assert.equal((await getPefCapabilities(bmc)).filters, 16);
  const filters = await listPefFilters(bmc);
  assert.deepEqual(
    filters.map(({ index, enabled }) => [index, enabled]),
    filters.map((_filter, n) => [n + 1, false]),
  );
  assert.equal(filters.length, 15);
});

test("pyghmi's BMC: DCMI power as ipmitool reads it; power, boot device", async (t) => {
  const place = await startPyghmiBmc(t);
  const bmc = talkTo(t, place);
  const said = facts(await ipmitool(place, "dcmi", "power", "reading"));
  const reading = await getPowerReading(bmc);
  assert.deepEqual(
    [reading.watts, reading.minimum, reading.maximum, reading.average].map((watts) => `${watts} Watts`),
    [
      ...["Instantaneous power reading", "Minimum during sampling period", "Maximum during sampling period"],
      "Average power reading over sample period",
    ].map((name) => said.get(name)?.trim()),
  );
  assert.equal((await getDeviceId(bmc)).maker, 0);
  const off = await powerAction(bmc, "off", { clock, interval: 50, limit: seconds(10) });
  assert.equal(off.result, "confirmed");
  assert.match(await ipmitool(place, "chassis", "power", "status"), /is off/);
  await powerAction(bmc, "on", { clock, interval: 50, limit: seconds(10) });
  await setBootFlags(bmc, { device: "pxe" });
  assert.equal((await getBootFlags(bmc)).device, "pxe");
  assert.match(await ipmitool(place, "chassis", "bootparam", "get", "5"), /Force PXE/);
});
