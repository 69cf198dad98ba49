import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import {
  decodeBootFlags,
  decodeBootValidity,
  encodeBootFlags,
  encodeSetBootOption,
  getBootFlags,
  setBootFlags,
  setBootValidity,
} from "../../plugins/ipmi/commands/boot.ts";
import {
  decodeChassisCapabilities,
  decodeChassisStatus,
  decodePowerOnHours,
  decodeRestartCause,
  encodeChassisControl,
  getChassisStatus,
  getPowerOnHours,
  getRestartCause,
  getRestorePolicies,
  setRestorePolicy,
} from "../../plugins/ipmi/commands/chassis.ts";
import {
  decodeAcpiState,
  decodeGlobalEnables,
  decodeSelfTest,
  encodeReset,
} from "../../plugins/ipmi/commands/controller.ts";
import { decodeDeviceId } from "../../plugins/ipmi/commands/device-id.ts";
import {
  encodePlatformEvent,
  decodeEventReceiver,
  encodeSetEventReceiver,
} from "../../plugins/ipmi/commands/events.ts";
import { decodeGuid } from "../../plugins/ipmi/commands/guid.ts";
import { identify } from "../../plugins/ipmi/commands/identify.ts";
import { encodeRaw, parseRaw, raw } from "../../plugins/ipmi/commands/raw.ts";
import {
  decodeWatchdog,
  encodeSetWatchdog,
  getWatchdog,
  resetWatchdog,
} from "../../plugins/ipmi/commands/watchdog.ts";
import { fails, lost, mockRequester, requestLine } from "../support/mock-requester.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

test("device id, as ipmitool and bmc-info read it", () => {
  const id = decodeDeviceId(bytes("2101031402bfd97e00010e00000000"));
  assert.deepEqual(
    [id.deviceId, id.revision, id.firmware, id.ipmi, id.maker, id.product, id.auxiliary],
    [33, 1, "3.14", "2.0", 32473, 0x0e01, "00000000"],
  );
  assert.deepEqual(id.supports, {
    ...{ sensors: true, sdr: true, sel: true, fru: true, eventReceiver: true, eventGenerator: true },
    ...{ bridge: false, chassis: true },
  });
  assert.deepEqual([id.deviceSdrs, id.starting], [false, false]);
  const starting = decodeDeviceId(bytes("2081839951000200000100"));
  assert.deepEqual(
    [starting.deviceSdrs, starting.starting, starting.firmware, starting.ipmi, starting.makerName],
    [true, true, "3.99", "1.5", "IBM"],
  );
});

test("device id with four bytes each for maker and product, and with a maker nobody knows", () => {
  const wide = decodeDeviceId(bytes("0000010002007b2a000034120000"));
  assert.deepEqual([wide.maker, wide.product, wide.auxiliary], [0x2a7b, 0x1234, undefined]);
  assert.equal(decodeDeviceId(bytes("2001031402bf80b900010e")).makerName, "Supermicro");
  assert.equal(decodeDeviceId(bytes("2001031402bfffff0f010e")).makerName, "unspecified");
  assert.equal(decodeDeviceId(bytes("2001031402bf010001010e")).makerName, "maker 65537");
});

test("a GUID in each reading", () => {
  assert.deepEqual(decodeGuid(bytes("a123456789abcdefa123456789abcdef")), {
    raw: "a123456789abcdefa123456789abcdef",
    smbios: "674523a1-ab89-efcd-a123-456789abcdef",
    ipmi: "efcdab89-6745-23a1-efcd-ab89674523a1",
    network: "a1234567-89ab-cdef-a123-456789abcdef",
  });
});

test("self test, ACPI state, global enables, resets", () => {
  assert.deepEqual(decodeSelfTest(bytes("5500")), { result: "passed", faults: [] });
  assert.equal(decodeSelfTest(bytes("5600")).result, "not-implemented");
  assert.deepEqual(decodeSelfTest(bytes("57a0")).faults, [
    "no access to the FRU",
    "no access to the event log",
  ]);
  assert.deepEqual(decodeSelfTest(bytes("5817")), { result: "fatal", faults: ["code 58h, detail 17h"] });
  assert.deepEqual(decodeAcpiState(bytes("0500")), { system: "S5/G2 soft off", device: "D0" });
  assert.deepEqual(decodeAcpiState(bytes("2a55")), { system: "unknown", device: "unknown (55h)" });
  assert.deepEqual(decodeGlobalEnables(bytes("08")), {
    ...{ receiveInterrupt: false, eventBufferInterrupt: false, eventBuffer: false, eventLog: true },
    oem: [false, false, false],
  });
  assert.equal(requestLine(encodeReset("cold")), "06/02");
  assert.equal(encodeReset("warm").repeatable, false);
});

test("chassis status, with and without its last byte", async () => {
  const bmc = mockRequester((line) => (line === "00/01" ? "010000" : undefined));
  const status = await getChassisStatus(bmc);
  assert.deepEqual(status, {
    ...{ on: true, overload: false, interlock: false, powerFault: false, controlFault: false },
    ...{ restorePolicy: "stay-off", lastEvents: [], intrusion: false, lockout: false },
    ...{ driveFault: false, fanFault: false },
  });
  const busy = decodeChassisStatus(bytes("3e1f6f0a"));
  assert.deepEqual(
    [busy.on, busy.overload, busy.interlock, busy.powerFault, busy.controlFault],
    [false, true, true, true, true],
  );
  assert.equal(busy.restorePolicy, "as-before");
  assert.deepEqual(busy.lastEvents, ["ac-failed", "overload", "interlock", "fault", "command"]);
  assert.deepEqual([busy.identify, busy.disabledButtons], ["on", ["reset", "standby"]]);
  assert.deepEqual([busy.fanFault, busy.driveFault, busy.lockout, busy.intrusion], [true, true, true, true]);
  assert.equal(decodeChassisStatus(bytes("01000000")).identify, undefined);
  assert.equal(decodeChassisStatus(bytes("410050")).identify, "timed");
});

test("chassis control sends what ipmitool sends, and may not be repeated", () => {
  const actions = ["off", "on", "cycle", "reset", "diag", "soft-off"] as const;
  const requests = actions.map(encodeChassisControl);
  assert.deepEqual(
    requests.map(requestLine),
    [0, 1, 2, 3, 4, 5].map((n) => `00/02 0${n}`),
  );
  assert.ok(requests.every(({ repeatable }) => repeatable === false));
});

test("restore policy, restart cause, power-on hours, capabilities", async () => {
  const bmc = mockRequester(
    (line) => ({ "00/06 01": "07", "00/06 03": "03", "00/07": "040e", "00/0f": "06dc050000" })[line],
  );
  assert.deepEqual(await setRestorePolicy(bmc, "as-before"), ["stay-off", "as-before", "on"]);
  assert.deepEqual(await getRestorePolicies(bmc), ["stay-off", "as-before"]);
  assert.deepEqual(await getRestartCause(bmc), { cause: "watchdog", code: 4, channel: 14 });
  assert.equal(await getPowerOnHours(bmc), 150);
  const capabilities = decodeChassisCapabilities(bytes("0520202020"));
  assert.deepEqual(
    [capabilities.intrusionSensor, capabilities.diagnosticInterrupt, capabilities.bridgeAddress],
    [true, true, 0x20],
  );
});

test("identify as ipmitool does it; one that takes no second byte is given one", async () => {
  const bmc = mockRequester(() => "");
  assert.deepEqual(await identify(bmc, { seconds: 30 }), { seconds: 30 });
  assert.deepEqual(await identify(bmc, "on"), { seconds: "forever" });
  assert.deepEqual(await identify(bmc, "off"), { seconds: 0 });
  assert.deepEqual(await identify(bmc, "on", { withoutForce: true }), { seconds: 255 });
  assert.deepEqual(bmc.sent, ["00/04 1e", "00/04 0001", "00/04 00", "00/04 ff"]);
  for (const code of [0xc7, 0xcc]) {
    const old = mockRequester((_line, data) => (data.length > 1 ? code : ""));
    assert.deepEqual(await identify(old, "on"), { seconds: 255 });
    assert.deepEqual(old.sent, ["00/04 0001", "00/04 ff"]);
  }
  await assert.rejects(
    identify(
      mockRequester(() => 0xd4),
      "on",
    ),
    fails("REFUSED"),
  );
  await assert.rejects(identify(bmc, { seconds: 256 }), fails("OUT_OF_RANGE"));
});

interface BootVector {
  readonly command: string;
  readonly request: string;
}
const vectorFile = new URL("vectors/ipmi-vectors.json", import.meta.url);
const { bootFlagsSet } = JSON.parse(readFileSync(vectorFile, "utf8")) as {
  readonly bootFlagsSet: readonly BootVector[];
};
const devices = { pxe: "pxe", disk: "disk", cdrom: "cd", bios: "bios-setup", none: "none" } as const;

for (const { command, request } of bootFlagsSet) {
  test(`boot flags are those of ipmitool: ${command}`, () => {
    const [, device, options = ""] = /bootdev (\w+)(?: options=(.*))?$/.exec(command) ?? [];
    const flags = {
      device: devices[device as keyof typeof devices],
      persistent: options.includes("persistent"),
      efi: options.includes("efiboot"),
    };
    assert.equal(requestLine(encodeSetBootOption(5, encodeBootFlags(flags))), `00/08 ${request}`);
    const back = decodeBootFlags(bytes(`01${request}`));
    assert.deepEqual(
      [back.device, back.persistent, back.efi, back.valid],
      [flags.device, flags.persistent, flags.efi, true],
    );
  });
}

test("every set of boot flags is read back as it was set", () => {
  const names = [
    "none",
    "pxe",
    "disk",
    "disk-safe-mode",
    "diagnostic",
    "cd",
    "bios-setup",
    "remote-floppy",
    "remote-cd",
    "remote-media",
    "remote-disk",
    "floppy",
  ] as const;
  const flags = fc.record({
    ...{
      device: fc.constantFrom(...names),
      persistent: fc.boolean(),
      efi: fc.boolean(),
      clearCmos: fc.boolean(),
    },
    ...{
      lockKeyboard: fc.boolean(),
      blankScreen: fc.boolean(),
      lockReset: fc.boolean(),
      instance: fc.nat(31),
    },
  });
  fc.assert(
    fc.property(flags, (wanted) => {
      const { valid, locked, ...got } = decodeBootFlags(Buffer.from([1, 5, ...encodeBootFlags(wanted)]));
      assert.deepEqual([got, valid, locked], [{ ...wanted }, true, false]);
    }),
  );
});

test("the sequence around boot flags: against ipmi_sim, which knows no announcement, and one that does", async () => {
  const sim = mockRequester((line) => (line === "00/08 0001" ? 0xcc : ""));
  await setBootFlags(sim, { device: "pxe" });
  assert.deepEqual(sim.sent, ["00/08 0001", "00/08 040101", "00/08 058004000000"]);
  const pyghmi = mockRequester(() => "");
  await setBootFlags(pyghmi, { device: "pxe" });
  assert.deepEqual(pyghmi.sent, [
    ...["00/08 0001", "00/08 040101", "00/08 058004000000", "00/08 0002", "00/08 0000"],
  ]);
  const refusing = mockRequester((line) => (line.startsWith("00/08 05") ? 0xd4 : ""));
  await assert.rejects(setBootFlags(refusing, { device: "disk" }), fails("REFUSED"));
  assert.equal(refusing.sent.at(-1), "00/08 0000", "the announcement is taken back");
});

test("boot flags that are read, of ipmi_sim, with a device nobody named, with bytes behind", async () => {
  const sim = mockRequester((line) => (line === "00/09 050000" ? "01050004000000" : undefined));
  const flags = await getBootFlags(sim);
  assert.deepEqual([flags.device, flags.valid], ["pxe", false]);
  assert.equal(decodeBootFlags(bytes("01850028000000")).device, "unknown (10)");
  assert.equal(decodeBootFlags(bytes("01850028000000")).locked, true);
  assert.equal(decodeBootFlags(bytes(`0105e004000000${"00".repeat(12)}`)).persistent, true);
  const keep = {
    keepOnPowerButton: true,
    keepOnReset: false,
    keepOnWatchdog: false,
    keepAfterTimeout: true,
    keepOnEventFilter: false,
  };
  const bmc = mockRequester(() => "");
  await setBootValidity(bmc, keep);
  assert.deepEqual(bmc.sent, ["00/08 0309"]);
  assert.deepEqual(decodeBootValidity(bytes("010309")), keep);
});

test("the watchdog: of ipmi_sim, which sends too little, set, and reset", async () => {
  assert.equal(decodeWatchdog(bytes("000000000000")).left, undefined);
  const watchdog = decodeWatchdog(bytes("c4210a1058020a00"));
  assert.deepEqual(watchdog, {
    ...{ use: "os", running: true, log: false, action: "reset", interrupt: "nmi" },
    ...{ preTimeout: 10_000, timeout: 60_000, expired: ["os"], left: 1000 },
  });
  const settings = {
    use: "os",
    action: "reset",
    timeout: 60_000,
    interrupt: "nmi",
    preTimeout: 10_000,
  } as const;
  assert.equal(requestLine(encodeSetWatchdog(settings)), "06/24 04210a105802");
  assert.equal(
    requestLine(encodeSetWatchdog({ ...settings, log: false, keepRunning: true })),
    "06/24 c4210a105802",
  );
  assert.throws(() => encodeSetWatchdog({ ...settings, timeout: 6_553_600 }), fails("OUT_OF_RANGE"));
  let short = 1;
  const bmc = mockRequester((line) => (line === "06/22" ? 0x80 : short-- > 0 ? "0401" : "040100000a00"));
  assert.equal((await getWatchdog(bmc)).timeout, 1000);
  await assert.rejects(resetWatchdog(bmc), /has not been set since/);
});

test("events are told to a controller as ipmitool does it", () => {
  const event = {
    sensorType: 1,
    sensor: 0x30,
    eventType: 1,
    asserted: true,
    data: [0x09, 0xff, 0xff],
  } as const;
  assert.equal(requestLine(encodePlatformEvent(event)), "04/02 0401300109ffff");
  assert.equal(encodePlatformEvent(event).repeatable, false);
  assert.equal(requestLine(encodePlatformEvent({ ...event, asserted: false })), "04/02 0401308109ffff");
  assert.deepEqual(decodeEventReceiver(bytes("2001")), { address: 0x20, lun: 1 });
  assert.equal(requestLine(encodeSetEventReceiver({ address: 0x20, lun: 0 })), "04/00 2000");
});

test("raw commands as people type them", async () => {
  const bmc = mockRequester(() => "2101");
  assert.deepEqual(await raw(bmc, parseRaw(["0x06", "0x01"])), bytes("2101"));
  assert.deepEqual(parseRaw(["6", "0x52", "255", "0xFF"]), { netFn: 6, command: 0x52, data: [255, 255] });
  assert.equal(encodeRaw({ netFn: 6, command: 1 }).repeatable, false);
  for (const words of [["0x06"], [], ["0x06", "0x100"], ["6", "-1"], ["6", "one"], ["6", "0x"]])
    assert.throws(() => parseRaw(words), fails("BAD_INPUT"), words.join(" "));
  assert.throws(() => encodeRaw({ netFn: 7, command: 1 }), fails("BAD_VALUE"));
  await assert.rejects(raw(bmc, { netFn: 6, command: 256 }), fails("OUT_OF_RANGE"));
  await assert.rejects(
    raw(
      mockRequester(() => lost()),
      { netFn: 6, command: 2 },
    ),
    fails("OUTCOME_UNKNOWN"),
  );
});

test("whatever the answer, it is read or too short", () => {
  const decoders = [
    ...[
      decodeDeviceId,
      decodeGuid,
      decodeSelfTest,
      decodeAcpiState,
      decodeGlobalEnables,
      decodeChassisStatus,
    ],
    ...[
      decodeChassisCapabilities,
      decodeRestartCause,
      decodePowerOnHours,
      decodeBootFlags,
      decodeBootValidity,
    ],
    ...[decodeWatchdog, decodeEventReceiver],
  ] as readonly ((data: Buffer) => unknown)[];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), fc.constantFrom(...decoders), (data, decode) => {
      try {
        decode(Buffer.from(data));
      } catch (thrown) {
        assert.ok(thrown instanceof BothyError && thrown.code === "SHORT_FRAME", String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});
