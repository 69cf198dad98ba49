import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { ipBytes, ipText, macBytes, macText } from "../../plugins/ipmi/commands/addresses.ts";
import { alertNow, getAlertDestination, setAlertDestination } from "../../plugins/ipmi/commands/alerts.ts";
import {
  decodeChannelAccess,
  decodeChannelInfo,
  encodeSetChannelAccess,
  getChannelInfo,
  listChannels,
} from "../../plugins/ipmi/commands/channels.ts";
import { listCipherSuites } from "../../plugins/ipmi/commands/cipher-suites.ts";
import {
  getAssetTag,
  getDcmiCapabilities,
  getDcmiSensors,
  getDcmiTemperatures,
} from "../../plugins/ipmi/commands/dcmi-info.ts";
import {
  activatePowerLimit,
  decodePowerLimit,
  decodePowerReading,
  getPowerLimit,
  getPowerReading,
  ifDcmi,
  setPowerLimit,
} from "../../plugins/ipmi/commands/dcmi.ts";
import {
  getIpv6Addresses,
  getLanCommunity,
  getLanConfiguration,
  setLanConfiguration,
} from "../../plugins/ipmi/commands/lan.ts";
import {
  encodeUserPassword,
  enableUser,
  setUserPassword,
  testUserPassword,
} from "../../plugins/ipmi/commands/passwords.ts";
import {
  decodePefCapabilities,
  decodePefFilter,
  decodePefPolicy,
  decodePefProgress,
  getPefCapabilities,
  getPefControl,
  getPefGuid,
  getPefProgress,
  listPefFilters,
  listPefPolicies,
} from "../../plugins/ipmi/commands/pef.ts";
import { decodeSessionInfo, getSessionInfo, listSessions } from "../../plugins/ipmi/commands/sessions.ts";
import { getSolConfiguration } from "../../plugins/ipmi/commands/sol.ts";
import {
  decodeUserAccess,
  decodeUserName,
  encodeSetUserAccess,
  encodeSetUserName,
  listUsers,
} from "../../plugins/ipmi/commands/users.ts";
import {
  fails,
  lost,
  type MockAnswer,
  mockRequester,
  requestLine,
  silent,
} from "../support/mock-requester.ts";
import { TestClock } from "../support/test-clock.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** A BMC that answers what a peer's transcript says, and C1h to all else. */
const scripted = (answers: Readonly<Record<string, MockAnswer>>, otherwise: MockAnswer = 0xc1) =>
  mockRequester((line) => (line in answers ? answers[line] : otherwise));

/** `ipmitool lan print 1` against ipmi_sim. */
const lanAnswers = {
  "0c/02 01000000": "1100",
  "0c/02 01010000": "1117",
  "0c/02 01020000": "110406060600",
  "0c/02 01030000": "11c000020a",
  "0c/02 01040000": "1101",
  "0c/02 01050000": "11020000000010",
  "0c/02 01060000": "11ffffff00",
  "0c/02 01070000": "11403010",
  "0c/02 010c0000": "11c0000201",
  "0c/02 010d0000": "11020000000001",
  "0c/02 01100000": "117075626c6963000000000000000000000000",
  "0c/02 01140000": "110a80",
  "0c/02 01150000": "1103",
  "0c/02 01160000": "110f",
  "0c/02 01170000": "11000102030405060708090a0b0c0d0e0f10",
  "0c/02 01180000": "11004344444444444444",
  "0c/02 011a0000": "11010306001e00",
};

test("the LAN configuration, with what the BMC does not know and why", async () => {
  const lan = await getLanConfiguration(scripted(lanAnswers, 0x80), 1);
  assert.deepEqual(
    [lan.ip, lan.mask, lan.gateway, lan.source, lan.mac, lan.gatewayMac],
    ["192.0.2.10", "255.255.255.0", "192.0.2.1", "static", "02:00:00:00:00:10", "02:00:00:00:00:01"],
  );
  assert.deepEqual(lan.authSupport, ["none", "md2", "md5", "password"]);
  assert.deepEqual(lan.authEnables, {
    ...{
      callback: ["md5"],
      user: ["md2", "md5"],
      operator: ["md2", "md5"],
      administrator: ["md2", "md5"],
      oem: [],
    },
  });
  assert.deepEqual([lan.vlan, lan.vlanPriority], [{ enabled: true, id: 10 }, 3]);
  assert.deepEqual(lan.ipHeader, { ttl: 64, flags: 1, precedence: 0, tos: 8 });
  assert.deepEqual([lan.suiteCount, lan.suites?.length, lan.suites?.[3]], [15, 16, 4]);
  assert.deepEqual(lan.suiteLevels?.slice(0, 3), ["operator", "administrator", "administrator"]);
  assert.deepEqual(lan.badPassword, {
    event: true,
    attempts: 3,
    countResetSeconds: 60,
    lockoutSeconds: 300,
  });
  assert.match(lan.missing.port ?? "", /80h, parameter not supported/);
  assert.equal(lan.port, undefined);
  assert.ok(!JSON.stringify(lan).includes("public"), "the community is a secret");
  assert.equal(await getLanCommunity(scripted(lanAnswers), 1), "public");
});

test("silence ends reading a LAN configuration; too short an answer only makes that one missing", async () => {
  await assert.rejects(getLanConfiguration(scripted({}, silent()), 1), fails("NO_ANSWER"));
  const short = await getLanConfiguration(scripted({ ...lanAnswers, "0c/02 01030000": "11c000" }, 0x80), 1);
  assert.match(short.missing.ip ?? "", /2 bytes, 4 expected/);
  assert.equal(short.mask, "255.255.255.0");
});

test("LAN parameters are set as ipmitool does it, read back, and told when they did not stay", async () => {
  const clock = new TestClock();
  const kept = new Map<number, Buffer>();
  const bmc = mockRequester((line, data) => {
    if (line.startsWith("0c/01")) kept.set(data.readUInt8(1), data.subarray(2));
    return line.startsWith("0c/02") ? Buffer.from([0x11, ...(kept.get(data.readUInt8(1)) ?? [])]) : "";
  });
  const setting = setLanConfiguration(
    bmc,
    1,
    { ip: "192.0.2.77", source: "static", vlan: { enabled: true, id: 300 } },
    { clock },
  );
  await clock.advance(5000);
  await setting;
  assert.deepEqual(bmc.sent.slice(0, 6), [
    ...[
      "0c/01 010001",
      "0c/01 010401",
      "0c/01 0103c000024d",
      "0c/01 01142c81",
      "0c/01 010002",
      "0c/01 010000",
    ],
  ]);

  const forgets = mockRequester((line) => (line.startsWith("0c/02") ? "1100000000" : ""));
  const lostOne = assert.rejects(
    setLanConfiguration(forgets, 1, { ip: "192.0.2.77" }, { clock }),
    fails("NOT_CONFIRMED"),
  );
  await clock.advance(5000);
  await lostOne;
  const readOnly = mockRequester((line) => (line.startsWith("0c/01 0105") ? 0x82 : ""));
  await assert.rejects(
    setLanConfiguration(readOnly, 1, { mac: "02:00:00:00:00:99" }, { clock }),
    /parameter is read-only/,
  );
  assert.equal(readOnly.sent.at(-1), "0c/01 010000");
  await assert.rejects(setLanConfiguration(bmc, 1, { ip: "192.0.2" }, { clock }), fails("BAD_VALUE"));
});

test("addresses as people write them", () => {
  const six = (text: string): string => ipText(bytes(text));
  assert.equal(six("20010db8000000000000000000000001"), "2001:db8::1");
  assert.equal(six("20010db8000000010000000000000001"), "2001:db8:0:1::1");
  assert.equal(six("00000000000000000000000000000000"), "::");
  assert.equal(six("fe800000000000000000000000000000"), "fe80::");
  assert.equal(six("00010002000300040005000600070008"), "1:2:3:4:5:6:7:8");
  assert.equal(six("20010db8000000000001000000000010"), "2001:db8::1:0:0:10");
  assert.deepEqual(macBytes("02-00-00-aB-00-10", "x"), [2, 0, 0, 0xab, 0, 0x10]);
  for (const bad of ["192.0.2.256", "1.2.3", "1.2.3.4.5", "", "a.b.c.d", "::1"])
    assert.throws(() => ipBytes(bad, "x"), fails("BAD_VALUE"));
  assert.throws(() => macBytes("02:00:00", "x"), fails("BAD_VALUE"));
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (four, all) => {
        assert.deepEqual(ipBytes(ipText(four), "x"), [...four]);
        const url = new URL(`http://[${ipText(all)}]/`).hostname;
        assert.equal(url, `[${ipText(all)}]`, "as the standard library shortens it");
        assert.deepEqual(macBytes(macText(all.subarray(0, 6)), "x"), [...all.subarray(0, 6)]);
      },
    ),
  );
});

test("IPv6 addresses", async () => {
  const bmc = scripted({
    "0c/02 01370000": "11020103",
    "0c/02 01380000": "11008020010db800000000000000000000000a4000",
    "0c/02 01380100": "1101000000000000000000000000000000000000000002",
    "0c/02 013b0000": "110002fe8000000000000000000000000000014003",
  });
  const fixed = await getIpv6Addresses(bmc, 1, "static");
  assert.deepEqual(fixed[0], {
    index: 0,
    source: "static",
    address: "2001:db8::a",
    prefix: 64,
    status: "active",
  });
  const [dynamic] = await getIpv6Addresses(bmc, 1, "dynamic");
  assert.deepEqual([dynamic?.source, dynamic?.address, dynamic?.status], ["dhcp", "fe80::1", "failed"]);
});

test("channels: ipmi_sim's, and those that are not there", async () => {
  const bmc = scripted(
    {
      "06/42 01": "01040181f21b000000",
      "06/42 0e": "01040181f21b000000",
      "06/42 00": "00010100f21b000000",
    },
    0xcc,
  );
  const present = await getChannelInfo(bmc);
  assert.deepEqual(present, {
    ...{ channel: 1, medium: "LAN", mediumCode: 4, protocol: "IPMB 1.0", sessions: "multiple" },
    ...{ activeSessions: 1, vendor: 7154 },
  });
  assert.deepEqual(
    (await listChannels(bmc)).map(({ channel, medium }) => [channel, medium]),
    [
      [0, "IPMB"],
      [1, "LAN"],
    ],
  );
  await assert.rejects(listChannels(scripted({}, silent())), fails("NO_ANSWER"));
  const access = decodeChannelAccess(bytes("0204"));
  assert.deepEqual(access, {
    ...{ mode: "always", alerting: true, perMessageAuthentication: true, userLevelAuthentication: true },
    limit: "administrator",
  });
  assert.equal(requestLine(encodeSetChannelAccess(1, access, "volatile")), "06/40 018284");
  assert.equal(
    requestLine(encodeSetChannelAccess(1, { ...access, alerting: false }, "non-volatile")),
    "06/40 016244",
  );
  assert.throws(
    () => encodeSetChannelAccess(1, { ...access, limit: undefined }, "volatile"),
    fails("BAD_VALUE"),
  );
});

test("users as ipmitool reads and sets them", async () => {
  assert.deepEqual(decodeUserAccess(bytes("3f040014")), {
    ...{ maximum: 63, enabledCount: 4, fixedNames: 0, callbackOnly: false, linkAuthentication: false },
    ...{ messaging: true, level: "administrator" },
  });
  assert.equal(decodeUserAccess(bytes("0f440154")).enabled, true);
  assert.equal(decodeUserAccess(bytes("0f84010f")).level, "none");
  assert.equal(requestLine(encodeSetUserAccess(1, 7, { level: "operator", sessions: 0 })), "06/43 01070300");
  const flags = { callbackOnly: false, linkAuthentication: true, messaging: true };
  assert.equal(requestLine(encodeSetUserAccess(1, 7, { level: "none", flags })), "06/43 b1070f");
  assert.equal(requestLine(encodeSetUserName(7, "newuser")), "06/45 076e657775736572000000000000000000");
  assert.throws(() => encodeSetUserName(7, "seventeen-letters"), fails("BAD_VALUE"));
  assert.throws(() => encodeSetUserName(64, "x"), fails("OUT_OF_RANGE"));
  const bmc = scripted({
    ...{
      "06/44 0101": "04020002",
      "06/44 0102": "04020014",
      "06/44 0103": "0402000f",
      "06/44 0104": "04020012",
    },
    ...{
      "06/46 01": "00".repeat(16),
      "06/46 02": bytes("61646d696e00ff"),
      "06/46 03": 0xcc,
      "06/46 04": 0xcc,
    },
  });
  const users = await listUsers(bmc, 1);
  assert.deepEqual(
    users.map(({ user, name, level }) => [user, name, level]),
    [
      [2, "admin", "administrator"],
      [4, "", "user"],
    ],
  );
});

test("passwords: as ipmitool sends them, wiped after use, and never in an error", async () => {
  const password = "hunter2-of-20-bytes!";
  assert.equal(
    requestLine(encodeUserPassword(7, "set", "newpass")),
    "06/47 07026e657770617373000000000000000000",
  );
  assert.equal(requestLine(encodeUserPassword(7, "enable")), "06/47 070100000000000000000000000000000000");
  assert.equal(encodeUserPassword(7, "set", password).data.length, 22);
  assert.equal(encodeUserPassword(7, "set", password).data[0], 0x87);
  assert.equal(encodeUserPassword(7, "set", password).repeatable, false);

  for (const answer of ["", 0xcc, lost()] as const) {
    const bmc = mockRequester(() => answer);
    await setUserPassword(bmc, 7, password).catch((thrown: unknown) => {
      assert.ok(thrown instanceof BothyError);
      assert.ok(!`${thrown.stack ?? ""}${JSON.stringify(thrown)}`.includes("hunter2"));
    });
    assert.match(bmc.sent[0] ?? "", /68756e74657232/, "it was sent");
    assert.deepEqual(Buffer.from(bmc.requests[0]?.data ?? []), Buffer.alloc(22), "and then wiped");
  }
  const unsent = mockRequester(() => "");
  await assert.rejects(setUserPassword(unsent, 7, `${password}x`), (thrown) => {
    assert.ok(thrown instanceof BothyError && thrown.code === "BAD_VALUE");
    return !thrown.message.includes("hunter2") && unsent.sent.length === 0;
  });
  const tested = (answer: MockAnswer) =>
    testUserPassword(
      mockRequester(() => answer),
      7,
      password,
    );
  assert.deepEqual([await tested(""), await tested(0x80), await tested(0x81)], [true, false, false]);
  await assert.rejects(tested(0xd4), fails("REFUSED"));
  const bmc = mockRequester(() => "");
  await enableUser(bmc, 7, false);
  assert.equal(bmc.sent[0], "06/47 070000000000000000000000000000000000");
});

test("sessions: one's own, of everybody, and slots without one", async () => {
  const own = { handle: 1, user: 2, level: "administrator", rmcpPlus: true, channel: 1 };
  const bmc = scripted({
    "06/3d 00": "013f01020411",
    "06/3d 01": "013f02020411c000020a020000000010e803",
    "06/3d 02": "003f02",
  });
  assert.deepEqual(await getSessionInfo(bmc), { slots: 63, active: 1, session: own });
  assert.deepEqual(await listSessions(bmc), [
    { ...own, address: "192.0.2.10", mac: "02:00:00:00:00:10", port: 1000 },
  ]);
});

test("cipher suites in chunks, to the first that is not full", async () => {
  const suites = Buffer.concat([3, 17, 8, 12].map((id) => Buffer.from([0xc0, id, 1, 0x41, 0x81])));
  const bmc = mockRequester((_line, data) => {
    const at = (data.readUInt8(2) & 0x3f) * 16;
    return Buffer.from([1, ...suites.subarray(at, at + 16)]);
  });
  assert.deepEqual(
    (await listCipherSuites(bmc)).map(({ id }) => id),
    [3, 17, 8, 12],
  );
  assert.deepEqual(bmc.sent, ["06/54 0e0080", "06/54 0e0081"]);
  const endless = mockRequester(() => Buffer.from([1, ...suites.subarray(0, 16)]));
  await listCipherSuites(endless);
  assert.equal(endless.sent.length, 64);
});

test("serial over LAN as it is set up", async () => {
  const bmc = scripted(
    {
      ...{
        "0c/22 01010000": "1101",
        "0c/22 01020000": "1184",
        "0c/22 01030000": "110c60",
        "0c/22 01040000": "110732",
      },
      ...{ "0c/22 01050000": "110a", "0c/22 01060000": "1100", "0c/22 01070000": "1101" },
    },
    0x80,
  );
  assert.deepEqual(await getSolConfiguration(bmc, 1), {
    ...{ enabled: true, forceEncryption: true, forceAuthentication: false, level: "administrator" },
    ...{ accumulate: 60, threshold: 96, retries: 7, retryInterval: 500, storedBitRate: 115200, channel: 1 },
    missing: { 8: "completion code 80h, parameter not supported" },
  });
  const none = await getSolConfiguration(scripted({}), 1);
  assert.equal(Object.keys(none.missing).length, 8);
});

interface DcmiVector {
  readonly request: string;
  readonly response: string;
}
const vectorFile = new URL("vectors/ipmi-vectors.json", import.meta.url);
const { dcmiPowerReading } = JSON.parse(readFileSync(vectorFile, "utf8")) as {
  readonly dcmiPowerReading: DcmiVector;
};

test("the DCMI power reading that ipmitool and FreeIPMI read from pyghmi's BMC", async () => {
  const bmc = scripted({ [`2c/02 ${dcmiPowerReading.request}`]: dcmiPowerReading.response.slice(2) });
  assert.deepEqual(await getPowerReading(bmc), {
    ...{
      watts: 340,
      minimum: 80,
      maximum: 420,
      average: 330,
      time: 0x6b016727,
      period: 1000,
      measuring: true,
    },
  });
  await assert.rejects(getPowerReading(mockRequester(() => "dd")), fails("BAD_FRAME"));
  await assert.rejects(getPowerReading(mockRequester(() => "dc0000")), fails("SHORT_FRAME"));
});

test("no DCMI, in either wording, is told apart from other failures", async () => {
  for (const code of [0xc1, 0xcc])
    assert.equal(await ifDcmi(getPowerReading(mockRequester(() => code))), undefined);
  await assert.rejects(ifDcmi(getPowerReading(mockRequester(() => 0xd4))), fails("REFUSED"));
  await assert.rejects(ifDcmi(getPowerReading(mockRequester(() => silent()))), fails("NO_ANSWER"));
});

test("a power limit is set, read back as it was set, put in force and lifted", async () => {
  const limit = { watts: 450, correction: 5000, periodSeconds: 10, exceeded: "log" } as const;
  let kept: Buffer = Buffer.alloc(0);
  const bmc = mockRequester((line, data) => {
    if (line.startsWith("2c/04")) kept = data;
    return line.startsWith("2c/03")
      ? Buffer.concat([Buffer.from([0xdc, 0, 0]), kept.subarray(4)])
      : line.startsWith("2c/04")
        ? "dc"
        : "";
  });
  await setPowerLimit(bmc, limit);
  assert.deepEqual(bmc.sent, ["2c/04 dc00000011c2018813000000000a00"]);
  assert.deepEqual(await getPowerLimit(bmc), limit);
  await activatePowerLimit(bmc, true);
  await activatePowerLimit(bmc, false);
  assert.deepEqual(bmc.sent.slice(2), ["2c/05 dc010000", "2c/05 dc000000"]);
  assert.equal(await getPowerLimit(mockRequester(() => 0x80)), undefined);
  await assert.rejects(
    setPowerLimit(
      mockRequester(() => 0x84),
      limit,
    ),
    /84h, power limit out of range/,
  );
  await assert.rejects(async () => setPowerLimit(bmc, { ...limit, watts: 70_000 }), fails("OUT_OF_RANGE"));
  const oem = { ...limit, exceeded: { oem: 5 } };
  await setPowerLimit(bmc, oem);
  assert.deepEqual(await getPowerLimit(bmc), oem);
});

test("what DCMI says of the controller, its texts, its sensors and temperatures", async () => {
  const tag = "asset-tag-of-more-than-sixteen-bytes";
  const bmc = mockRequester((line, data) => {
    const answers: Record<string, string> = {
      "2c/01 dc01": "dc0105020001" + "07",
      "2c/01 dc02": "dc010502a08f0001" + "05",
      "2c/01 dc03": "dc0105022000",
      "2c/01 dc04": "dc01050201ff02",
      "2c/01 dc05": "dc0105020305438a",
      "2c/07 dc01400001": "dc030202000300",
      "2c/07 dc01400003": "dc03010500",
      "2c/10 dc01410001": "dc0202" + "2a018502",
    };
    if (!line.startsWith("2c/06")) return answers[line] ?? 0xcc;
    const part = Buffer.from(tag).subarray(data.readUInt8(1), data.readUInt8(1) + data.readUInt8(2));
    return Buffer.from([0xdc, tag.length, ...part]);
  });
  assert.deepEqual(await getDcmiCapabilities(bmc), {
    ...{
      version: "1.5",
      powerManagement: true,
      sel: { entries: 0xfa0, rollsOver: true },
      powerController: 0x20,
    },
    ...{ lanChannels: [1], serialChannel: 2 },
    spans: [
      { code: 0x05, span: 5000 },
      { code: 0x43, span: 180_000 },
      { code: 0x8a, span: 36_000_000 },
    ],
  });
  assert.equal(await getAssetTag(bmc), tag);
  assert.deepEqual(await getDcmiSensors(bmc, "inlet"), [2, 3, 5]);
  assert.deepEqual(await getDcmiTemperatures(bmc, "processor"), [
    { celsius: 42, instance: 1 },
    { celsius: -5, instance: 2 },
  ]);
  await assert.rejects(getDcmiCapabilities(mockRequester(() => 0xc1)), fails("UNSUPPORTED"));
});

test("a list that claims more than it gives, and one that never ends, do end", async () => {
  const stingy = mockRequester(() => "dc6400");
  assert.deepEqual(await getDcmiSensors(stingy, "board"), []);
  const generous = mockRequester(() => "dcff010200");
  assert.equal((await getDcmiSensors(generous, "board")).length, 255);
  const text = mockRequester(() => "dcff" + "41".repeat(16));
  assert.equal((await getAssetTag(text)).length, 255);
});

test("event filters, policies and progress, as ipmitool and FreeIPMI ask for them", async () => {
  const bmc = scripted({
    "04/10": "513f10",
    "04/13 010000": "1103",
    "04/13 020000": "1101",
    "04/13 050000": "1102",
    "04/13 060100": "110180010008ffff01ff010a000000000000000000",
    "04/13 060200": "1102c0010100ffff08ff6f08000000000000000000",
    "04/13 080000": "1101",
    "04/13 090100": "1101181100",
    "04/13 0a0000": "1101a123456789abcdefa123456789abcdef",
    "04/15": "2cc1e165070005000600",
  });
  assert.deepEqual(await getPefCapabilities(bmc), {
    ...{ version: "1.5", filters: 16 },
    actions: ["alert", "power-down", "reset", "power-cycle", "oem", "diagnostic-interrupt"],
  });
  assert.deepEqual(await getPefControl(bmc), { enabled: true, logged: true, allowed: ["alert"] });
  const filters = await listPefFilters(bmc);
  assert.deepEqual(filters[0], {
    ...{ index: 1, enabled: true, fixed: false, actions: ["alert"], policy: 0, severity: 8 },
    ...{ generator: [255, 255], sensorType: 1, sensor: 255, eventType: 1, offsets: 10 },
  });
  assert.deepEqual([filters[1]?.fixed, filters[1]?.sensorType, filters[1]?.policy], [true, 8, 1]);
  assert.deepEqual(await listPefPolicies(bmc), [
    { index: 1, policy: 1, enabled: true, rule: 0, channel: 1, destination: 1 },
  ]);
  assert.equal((await getPefGuid(bmc))?.network, "a1234567-89ab-cdef-a123-456789abcdef");
  assert.deepEqual(await getPefProgress(bmc), {
    ...{ lastAdd: 0x65e1c12c, lastRecord: 7, lastBySoftware: 5, lastByController: 6 },
  });
});

test("an alert destination is set and read back, and tried out", async () => {
  const clock = new TestClock();
  const kept = new Map<string, Buffer>();
  const bmc = mockRequester((line, data) => {
    const key = (set: number): string => `${data.readUInt8(1)}/${set}`;
    if (line.startsWith("0c/01")) kept.set(key(data.readUInt8(2)), data.subarray(2));
    return line.startsWith("0c/02") ? Buffer.from([0x11, ...(kept.get(key(data.readUInt8(2))) ?? [])]) : "";
  });
  const setting = setAlertDestination(bmc, 1, 2, { ip: "192.0.2.5", acknowledged: true }, { clock });
  await clock.advance(5000);
  await setting;
  assert.deepEqual(bmc.sent.slice(1, 3), ["0c/01 011202800503", "0c/01 0113020000c0000205000000000000"]);
  assert.deepEqual(await getAlertDestination(bmc, 1, 2), {
    ...{ index: 2, kind: "pet", acknowledged: true, timeout: 5000, retries: 3 },
    ...{ ip: "192.0.2.5", mac: "00:00:00:00:00:00", backupGateway: false },
  });
  await alertNow(bmc, 1, 2);
  assert.equal(bmc.sent.at(-1), "04/16 010200");
  assert.equal(bmc.requests.at(-1)?.repeatable, false);
});

test("whatever the answer, it is read or refused", async () => {
  const decoders = [
    ...[decodeChannelInfo, decodeChannelAccess, decodeUserAccess, decodeUserName, decodeSessionInfo],
    ...[decodePefCapabilities, decodePefFilter, decodePefPolicy, decodePefProgress],
  ] as readonly ((data: Buffer) => unknown)[];
  const dcmi = [decodePowerReading, decodePowerLimit];
  const allowed = (thrown: unknown): void => {
    assert.ok(thrown instanceof BothyError && /^(SHORT|BAD)_FRAME$/.test(thrown.code), String(thrown));
  };
  const answers = fc.oneof(
    fc.uint8Array({ maxLength: 24 }),
    fc.uint8Array({ maxLength: 24 }).map((rest) => Uint8Array.of(0xdc, ...rest)),
  );
  fc.assert(
    fc.property(answers, (data) => {
      for (const decode of decoders) attempt(() => decode(Buffer.from(data)));
      for (const decode of dcmi) attempt(() => decode(Buffer.from(data), "bmc"));
    }),
    { numRuns: 1000 },
  );
  const loops = [listCipherSuites, getDcmiCapabilities, getAssetTag, listSessions] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(answers, { minLength: 1, maxLength: 5 }), async (script) => {
      let n = 0;
      const bmc = mockRequester(() => script[n++ % script.length]!);
      const asks = [
        ...loops,
        (one: typeof bmc) => getLanConfiguration(one, 1),
        (one: typeof bmc) => getSolConfiguration(one, 1),
      ];
      for (const asked of asks) await asked(bmc).catch(allowed);
      await getDcmiTemperatures(bmc, "inlet").catch(allowed);
    }),
  );
  function attempt(work: () => unknown): void {
    try {
      work();
    } catch (thrown) {
      allowed(thrown);
    }
  }
});
