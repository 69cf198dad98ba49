// Sessions of the simulated BMC, on a virtual clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BmcOptions, createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { buildRmcpPlus } from "../../simulators/ipmi/lan/packet.ts";
import { ask, type BmcConsole, exchange, handshake, message, openConsole } from "../support/bmc-console.ts";
import { TestClock } from "../support/test-clock.ts";

function rig(options: Partial<BmcOptions> = {}): { readonly clock: TestClock; readonly bmc: SimulatedBmc } {
  const clock = new TestClock();
  return { clock, bmc: createBmc({ clock, period: 0, ...options }) };
}

const deviceId = [0x06, 0x01] as const;
const works = (one: BmcConsole): boolean => one.request(...deviceId)?.code === 0;

test("a session begins at user level and is raised as far as was asked for", () => {
  const { bmc } = rig();
  const one = openConsole(bmc, { raise: 0 });
  assert.equal(one.request(0x00, 0x02, [1])?.code, 0xd4, "chassis control wants an operator");
  assert.equal(one.request(0x2c, 0x3e, [0, 2])?.code, 0xc1, "unknown comes before forbidden");
  assert.deepEqual(one.request(0x06, 0x3b, [4]), { code: 0, data: Buffer.from([4]) });
  assert.equal(one.request(0x00, 0x02, [1])?.code, 0);
  assert.deepEqual(one.request(0x06, 0x3b, [0]), { code: 0, data: Buffer.from([4]) });
  const limited = openConsole(bmc, { user: "operator", password: "oper-pass", level: 3 });
  assert.equal(limited.request(0x06, 0x3b, [4])?.code, 0x81);
  assert.equal(limited.request(0x06, 0x47, [3, 0])?.code, 0xd4, "passwords are an administrator's");
});

test("who is refused is told why, and takes no room", () => {
  const { bmc } = rig({ sessions: 1 });
  assert.equal(handshake(bmc, { suite: 0 }).opened?.[1], 0x11);
  assert.equal(handshake(bmc, { user: "nobody" }).rakp2?.[1], 0x0d);
  assert.equal(handshake(bmc, { user: "monitor", level: 4 }).rakp2?.[1], 0x0a);
  assert.equal(handshake(bmc, { password: "wrong" }).rakp4?.[1], 0x0f);
  assert.ok(works(openConsole(bmc)));
});

test("suite 0 only where the options say so, and never listed", () => {
  const { bmc } = rig({ suites: [0, 3] });
  assert.equal(handshake(bmc, { suite: 0, password: "whatever" }).rakp4?.[1], 0);
  assert.deepEqual(ask(bmc, 0x06, 0x54, [0x0e, 0, 0x80]), {
    code: 0,
    data: Buffer.from([1, 0xc0, 3, 1, 0x41, 0x81]),
  });
});

test("cipher suites are listed in both framings, and there is nothing behind the end", () => {
  const { bmc } = rig({ suites: [1, 2, 3, 15, 16, 17] });
  for (const framing of ["1.5", "2.0"] as const) {
    const chunks = [0, 1, 2].map((index) => ask(bmc, 0x06, 0x54, [0x0e, 0, 0x80 | index], framing)?.data);
    assert.deepEqual(
      chunks.map((chunk) => chunk?.length),
      [17, 15, 1],
      framing,
    );
  }
});

test("no room is said; half-open sessions are forgotten after 5 s, idle ones after 60 s", async () => {
  const { bmc, clock } = rig({ sessions: 2 });
  const one = openConsole(bmc);
  exchange(
    bmc,
    buildRmcpPlus(
      0x10,
      0,
      0,
      Buffer.from("010400000100000000000008010000000100000801000000" + "0200000801000000", "hex"),
    ),
  );
  assert.equal(handshake(bmc).opened?.[1], 0x01);
  await clock.advance(5001);
  assert.ok(works(openConsole(bmc)));
  assert.equal(handshake(bmc).opened?.[1], 0x01);
  await clock.advance(50_000);
  assert.ok(works(one));
  await clock.advance(59_000);
  assert.ok(works(one), "the other one was idle for too long");
  assert.equal(bmc.parts.sessions.active().length, 1);
  await clock.advance(60_001);
  assert.equal(one.request(...deviceId), undefined);
});

test("a repeated handshake message gets the same answer", () => {
  const { bmc } = rig();
  const { rakp1Packet, rakp3Packet, rakp4 } = handshake(bmc);
  assert.ok(rakp1Packet && rakp3Packet);
  assert.deepEqual(exchange(bmc, rakp3Packet)[0]?.subarray(16), rakp4);
  assert.deepEqual(exchange(bmc, rakp1Packet), [], "that is over");
});

test("a request that comes again is answered again, and not carried out again", () => {
  const { bmc } = rig();
  const one = openConsole(bmc);
  const [cycle, info] = [
    [0x00, 0x02, [2]],
    [0x06, 0x01, []],
  ] as const;
  for (let i = 0; i < 3; i++) assert.equal(one.request(...cycle, { sequence: 40 })?.code, 0);
  assert.equal(bmc.executed(0x00, 0x02), 1);
  assert.equal(bmc.host.asked.cycle, 1);
  one.request(...info, { sequence: 40 });
  assert.equal(one.request(...cycle, { sequence: 41 })?.code, 0, "another number is another request");
  assert.equal(bmc.executed(0x00, 0x02), 2);
});

test("what is old is carried out again: numbers come round", async () => {
  const { bmc, clock } = rig();
  const one = openConsole(bmc);
  one.request(...deviceId, [], { sequence: 5 });
  await clock.advance(30_001);
  one.request(...deviceId, [], { sequence: 5 });
  assert.equal(bmc.executed(...deviceId), 2);
  for (let i = 0; i < 17; i++) one.request(0x06, 0x04, [], { sequence: 6 + i });
  one.request(...deviceId, [], { sequence: 5 });
  assert.equal(bmc.executed(...deviceId), 3);
});

test("each packet is heard once, and none from far away", () => {
  const { bmc } = rig();
  const one = openConsole(bmc, { raise: 0 });
  const packet = one.packet(...deviceId, [], { packet: 10 });
  assert.equal(one.send(packet).length, 1);
  assert.equal(one.send(packet).length, 0, "the same again");
  const heard = (number: number): boolean => one.request(...deviceId, [], { packet: number }) !== undefined;
  assert.deepEqual([9, 1, 25, 26, 42, 41, 24].map(heard), [true, true, true, true, false, true, false]);
  assert.deepEqual([25, 27, 0].map(heard), [false, true, false]);
});

test("packets not protected as agreed, damaged, or of somebody else are not answered", () => {
  const { bmc } = rig();
  const one = openConsole(bmc);
  const id = one.id.readUInt32LE();
  assert.equal(one.send(buildRmcpPlus(0, id, 9, message(...deviceId, [], 9))).length, 0, "in clear");
  const sound = one.packet(...deviceId);
  for (let i = 4; i < sound.length; i++) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(i) ^ 0x01, i);
    assert.equal(one.send(damaged).length, 0, `byte ${i}`);
  }
  assert.equal(one.send(sound).length, 1);
});

test("every answer has the next number, and a vector of its own", () => {
  const { bmc } = rig();
  const one = openConsole(bmc, { raise: 0 });
  for (let i = 0; i < 20; i++) one.request(...deviceId);
  assert.deepEqual(
    one.received.map((packet) => packet.readUInt32LE(10)),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  const vectors = new Set(one.received.map((packet) => packet.toString("hex", 16, 32)));
  assert.equal(vectors.size, 20);
});

test("closing: own, unknown, somebody else's", () => {
  const { bmc } = rig();
  const [one, other] = [openConsole(bmc), openConsole(bmc)];
  const monitor = openConsole(bmc, { user: "monitor", password: "moni-pass", level: 2 });
  assert.equal(one.request(0x06, 0x3c, [1, 2, 3, 4])?.code, 0x87);
  assert.equal(monitor.request(0x06, 0x3c, [...other.id])?.code, 0xd4);
  assert.equal(one.request(0x06, 0x3c, [...other.id])?.code, 0);
  assert.equal(other.request(...deviceId), undefined);
  assert.equal(one.request(0x06, 0x3c, [...one.id])?.code, 0, "told before it is gone");
  assert.equal(one.request(...deviceId), undefined);
  assert.ok(works(monitor));
});

test("after a restart of the BMC there is silence, then no session; the server went on", async () => {
  const { bmc, clock } = rig({ starting: 8000 });
  const one = openConsole(bmc);
  assert.equal(one.request(0x06, 0x02)?.code, 0);
  await clock.advance(21);
  assert.equal(ask(bmc, 0x06, 0x38, [0x8e, 4]), undefined);
  await clock.advance(7990);
  assert.equal(ask(bmc, 0x06, 0x38, [0x8e, 4]), undefined);
  await clock.advance(10);
  assert.equal(ask(bmc, 0x06, 0x38, [0x8e, 4])?.code, 0);
  assert.equal(one.request(...deviceId), undefined);
  assert.equal(bmc.host.state, "running");
  assert.ok(works(openConsole(bmc)));
});

test("authentication capabilities are true", () => {
  const plain = rig().bmc;
  assert.deepEqual([...(ask(plain, 0x06, 0x38, [0x8e, 4])?.data ?? [])], [1, 0x80, 4, 2, 0, 0, 0, 0]);
  assert.deepEqual([...(ask(plain, 0x06, 0x38, [0x0e, 4])?.data ?? [])], [1, 0, 4, 0, 0, 0, 0, 0]);
  const old = rig({ kg: "key", legacy: true }).bmc;
  assert.deepEqual([...(ask(old, 0x06, 0x38, [0x8e, 4], "2.0")?.data ?? [])], [1, 0x84, 0x24, 3, 0, 0, 0, 0]);
  assert.equal(ask(plain, 0x06, 0x38, [0x82, 4])?.code, 0xcc);
  assert.equal(ask(plain, 0x06, 0x01, [])?.code, 0xd4, "the device id is no stranger's");
});

const bytes = fc.uint8Array({ maxLength: 80 }).map((data) => Buffer.from(data));

test("random packets are survived, and none opens anything", () => {
  const { bmc } = rig({ legacy: true, suites: [0, 1, 3, 17] });
  const head = fc.constantFrom(
    "",
    "0600ff07",
    "0600ff0706",
    "0600ff070610",
    "0600ff06000011be80",
    "0600ff070612",
  );
  fc.assert(
    fc.property(head, bytes, (start, rest) => {
      exchange(bmc, Buffer.concat([Buffer.from(start, "hex"), rest]));
    }),
    { numRuns: 3000 },
  );
  assert.equal(bmc.parts.sessions.active().length, 0);
});

test("any command with any data is answered, whatever it is", () => {
  let { bmc } = rig();
  let one = openConsole(bmc);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0x1f }),
      fc.integer({ min: 0, max: 255 }),
      bytes,
      (half, command, data) => {
        const netFn = 2 * half;
        if (netFn === 0x06 && (command === 0x02 || command === 0x03)) return;
        const answer = one.request(netFn, command, [...data.subarray(0, 40)]);
        if (answer !== undefined) {
          assert.ok(answer.code <= 0xff);
          return;
        }
        // Only when one before has ended the session, as whoever disables the own account does: go on with another BMC.
        assert.equal(bmc.parts.sessions.active().length, 0, "an answer");
        ({ bmc } = rig());
        one = openConsole(bmc);
      },
    ),
    { numRuns: 4000, examples: [[3, 0x47, Buffer.from([2, 0])]] },
  );
});

test("every known command with data of every likely length is answered", () => {
  const { bmc } = rig({ sessions: 60 });
  const known = [
    [0x00, [0, 1, 2, 4, 6, 7, 8, 9, 0x0f]],
    [
      0x04,
      [
        0, 1, 2, 0x10, 0x12, 0x13, 0x15, 0x16, 0x17, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b,
        0x2d, 0x2f,
      ],
    ],
    [
      0x06,
      [
        1, 4, 7, 8, 0x22, 0x24, 0x25, 0x2f, 0x37, 0x38, 0x3d, 0x40, 0x41, 0x42, 0x44, 0x46, 0x4e, 0x54, 0x58,
        0x59,
      ],
    ],
    [0x0a, [0x10, 0x11, 0x12, 0x20, 0x22, 0x23, 0x28, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47, 0x48]],
    [0x0c, [1, 2, 0x21, 0x22]],
    [0x2c, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x10]],
  ] as const;
  const row = fc.constantFrom(
    ...known.flatMap(([netFn, list]) => list.map((command) => [netFn, command] as const)),
  );
  const small = fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 24,
  });
  const one = openConsole(bmc);
  fc.assert(
    fc.property(row, small, ([netFn, command], data) => {
      const given = netFn === 0x2c ? [0xdc, ...data] : data;
      assert.ok(one.request(netFn, command, given), "an answer");
    }),
    { numRuns: 6000 },
  );
});
