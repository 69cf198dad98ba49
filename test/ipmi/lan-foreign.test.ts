// The client against other people's BMCs, over real UDP.
import assert from "node:assert/strict";
import { afterEach, describe, test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { BothyError, type ErrorCode } from "../../devices/errors.ts";
import {
  type BmcClient,
  type BmcOptions,
  type BmcState,
  type IpmiSocket,
  openBmc,
  openIpmiSocket,
  presence,
  type Refusal,
  refusalOf,
} from "../../plugins/ipmi/lan/index.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import { sha256Users, startPyghmiBmc, startSha256Bmc } from "../support/foreign-bmc.ts";
import { startIpmiSim } from "../support/ipmi-sim.ts";

const deviceId = { netFn: 0x06, command: 0x01 } as const;
const simDeviceId = "2101031402bfd97e00010e00000000";
const admin = { user: "admin", password: "admin-pass" } as const;

function socketOf(t: TestContext): IpmiSocket {
  const socket = openIpmiSocket();
  t.after(() => socket.close());
  return socket;
}

type Given = Partial<BmcOptions> & { readonly socket?: IpmiSocket };

const clients: BmcClient[] = [];
// While their BMCs are still there to hear it: those end with the test.
afterEach(async () => {
  await Promise.all(clients.splice(0).map((made) => made.close()));
});

/** A client that waits longer than any BMC here takes; closed after the test. */
function client(t: TestContext, bmc: { host: string; port: number }, given: Given = {}): BmcClient {
  const socket = given.socket ?? socketOf(t);
  const { host, port } = bmc;
  const made = openBmc({ host, port, ...admin, timeout: 5000, clock: systemClock, ...given, socket });
  clients.push(made);
  return made;
}

async function failure(work: Promise<unknown>): Promise<BothyError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BothyError, "it was to fail");
  return thrown;
}

/** Checks that a session is refused with an error of its own, which tells no secret. */
async function refused(
  t: TestContext,
  bmc: { host: string; port: number },
  given: Given,
  reason: Refusal,
  code: ErrorCode,
  text: RegExp,
): Promise<void> {
  const made = client(t, bmc, given);
  const error = await failure(made.connect());
  assert.equal(refusalOf(error), reason, error.message);
  assert.equal(error.code, code);
  assert.match(error.message, text);
  const { kg, password = admin.password } = given;
  for (const secret of [password, kg]) {
    if (secret === undefined) continue;
    assert.ok(!JSON.stringify(error).includes(String(secret)) && !error.message.includes(String(secret)));
  }
  assert.equal(made.state.kind, "lost");
}

describe("OpenIPMI's simulator", () => {
  test("a presence ping is answered", async (t) => {
    const sim = await startIpmiSim(t);
    const found = await presence({ ...sim, clock: systemClock, socket: socketOf(t) });
    assert.equal(found?.supportsIpmi, true);
    assert.equal(found.address, "127.0.0.1");
  });

  test("suite 17 is asked for first, and 3 is what it has", async (t) => {
    const sim = await startIpmiSim(t);
    const bmc = client(t, sim);
    assert.deepEqual(await bmc.connect(), { version: "2.0", suite: 3, level: 4, address: "127.0.0.1" });
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
    assert.equal(bmc.statistics().sessionsOpened, 1);
  });

  for (const suite of [1, 2]) {
    test(`suite ${suite}, when it is named`, async (t) => {
      const bmc = client(t, await startIpmiSim(t), { suites: [suite] });
      assert.equal((await bmc.connect()).suite, suite);
      assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
    });
  }

  test("suite 0, when that is said in words: any password will do", async (t) => {
    const given = { suites: [0], allowUnauthenticated: true, password: "nonsense" };
    const bmc = client(t, await startIpmiSim(t), given);
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
  });

  test("K_G: right, wrong, and missing", async (t) => {
    const sim = await startIpmiSim(t, { bmcKey: "bmc-key-19-chars-xx" });
    const bmc = client(t, sim, { kg: "bmc-key-19-chars-xx" });
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
    await refused(t, sim, { kg: "another-key" }, "wrong-key", "UNAUTHENTICATED", /K_G is wrong/);
    await refused(t, sim, {}, "wrong-key", "UNAUTHENTICATED", /has a key of its own \(K_G\): configure it/);
  });

  test("a name of 16 and a password of 19 characters", async (t) => {
    const sim = await startIpmiSim(t);
    const user = "sixteen-char-usr";
    const bmc = client(t, sim, { user, password: sim.users[user] });
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
  });

  test("version 1.5 with MD5; a wrong user and a wrong password there", async (t) => {
    const sim = await startIpmiSim(t);
    const bmc = client(t, sim, { version: "1.5" });
    assert.deepEqual(await bmc.connect(), { version: "1.5", level: 4, address: "127.0.0.1" });
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
    await refused(t, sim, { version: "1.5", user: "nobody" }, "wrong-user", "UNAUTHENTICATED", /"nobody"/);
    const wrong = { version: "1.5", password: "not-this-one", timeout: 600 } as const;
    await refused(t, sim, wrong, "wrong-password", "UNAUTHENTICATED", /password of "admin" is wrong/);
  });

  test("wrong user, password and suite: each its own error", async (t) => {
    const sim = await startIpmiSim(t);
    await refused(
      t,
      sim,
      { user: "nobody" },
      "wrong-user",
      "UNAUTHENTICATED",
      /no user "nobody".*check the name/,
    );
    const off = { user: "disabled", password: sim.users.disabled };
    await refused(t, sim, off, "wrong-user", "UNAUTHENTICATED", /the account is on/);
    const password = "not-this-one";
    await refused(t, sim, { password }, "wrong-password", "UNAUTHENTICATED", /password of "admin" is wrong/);
    await refused(
      t,
      sim,
      { suites: [17] },
      "suite-refused",
      "REFUSED",
      /suite 17.*it offers 0, 1, 2, 3.*name one/,
    );
  });

  test("what the level does not allow is refused, the session goes on", async (t) => {
    const bmc = client(t, await startIpmiSim(t), { privilege: "user" });
    assert.equal((await bmc.connect()).level, 2);
    const error = await failure(
      bmc.request({ netFn: 0x00, command: 0x02, data: Buffer.of(1), repeatable: false }),
    );
    assert.equal(completionOf(error), 0xd4);
    assert.equal((await bmc.request(deviceId)).toString("hex"), simDeviceId);
  });

  test("hundreds of requests at once, over a window that grows", async (t) => {
    const bmc = client(t, await startIpmiSim(t), { window: 16 });
    const sensors = Array.from({ length: 400 }, (_, index) => 1 + (index % 19));
    const answers = await Promise.all(
      sensors.map((sensor) => bmc.request({ netFn: 0x04, command: 0x2d, data: Buffer.of(sensor) })),
    );
    // Raw values as they are set at the start: each answer belongs to its question.
    const raw = [23, 45, 93, 251, 78, 120, 118, 90, 200, 192, 203, 235, 45, 44, 16, 71, 84, 12, 200];
    for (const [index, sensor] of sensors.entries()) assert.equal(answers[index]![0], raw[sensor - 1]);
    assert.equal(bmc.statistics().window, 16);
    assert.equal(bmc.statistics().retries, 0);
  });

  test("many clients of one BMC share a socket", async (t) => {
    const sim = await startIpmiSim(t);
    const socket = socketOf(t);
    const many = Array.from({ length: 20 }, () => client(t, sim, { socket }));
    const answers = await Promise.all(many.map((bmc) => bmc.request(deviceId)));
    for (const answer of answers) assert.equal(answer.toString("hex"), simDeviceId);
    assert.equal(socket.counts().unclaimed, 0);
  });

  test("killed and started again in mid-session: requests survive, and none is lost or doubled", async (t) => {
    const sim = await startIpmiSim(t);
    const bmc = client(t, sim, { timeout: 1000, window: 4 });
    const states: BmcState["kind"][] = [];
    bmc.onState(({ kind }) => states.push(kind));
    await Promise.all(Array.from({ length: 20 }, () => bmc.request(deviceId)));
    assert.equal(bmc.statistics().window, 4);
    await sim.kill();
    const identify = (seconds: number): Promise<Buffer> =>
      bmc.request({ netFn: 0x00, command: 0x04, data: Buffer.of(seconds, 0), repeatable: false });
    const sent = failure(identify(5));
    const waiting = Array.from({ length: 10 }, (_, index) =>
      bmc.request({ netFn: 0x04, command: 0x2d, data: Buffer.of(1 + index) }),
    );
    // By then the window is full: this one waits, and goes out once there is a session.
    const unsent = identify(6);
    await new Promise<void>((resolve) => bmc.onState(({ kind }) => kind === "lost" && resolve()));
    await sim.start();
    const answers = await Promise.all(waiting);
    assert.deepEqual(
      answers.map((answer) => answer[0]),
      [23, 45, 93, 251, 78, 120, 118, 90, 200, 192],
    );
    // Sent into the void: nobody can know what became of it, so it is not sent again.
    assert.equal((await sent).code, "OUTCOME_UNKNOWN");
    await unsent;
    assert.equal(sim.file("chassis/log"), "identify 6 0");
    assert.deepEqual(states.slice(0, 3), ["connecting", "open", "lost"]);
    assert.equal(states.at(-1), "open");
    assert.equal(bmc.statistics().sessionsLost, 1);
  });

  test("closing ends the session there too", async (t) => {
    const sim = await startIpmiSim(t);
    const watcher = client(t, sim);
    const active = async (): Promise<number> =>
      (await watcher.request({ netFn: 0x06, command: 0x3d, data: Buffer.of(0) })).readUInt8(2) & 0x3f;
    const alone = await active();
    const bmc = client(t, sim);
    await bmc.connect();
    assert.equal(await active(), alone + 1);
    await bmc.close();
    assert.equal(await active(), alone);
    assert.equal((await failure(bmc.request(deviceId))).code, "STOPPED");
  });
});

describe("a BMC with SHA-256", () => {
  for (const suite of [1, 2, 3, 15, 16, 17]) {
    test(`suite ${suite}`, async (t) => {
      const bmc = client(t, await startSha256Bmc(t, { suites: [suite] }), { suites: [suite] });
      assert.equal((await bmc.connect()).suite, suite);
      assert.equal((await bmc.request(deviceId)).readUInt8(0), 0x20);
    });
  }

  test("suite 17 goes before 3; with K_G too", async (t) => {
    const bmc = client(t, await startSha256Bmc(t, { kg: "kg-for-suite-17" }), { kg: "kg-for-suite-17" });
    assert.deepEqual(await bmc.connect(), { version: "2.0", suite: 17, level: 4, address: "127.0.0.1" });
    assert.equal((await bmc.request(deviceId)).readUInt8(0), 0x20);
  });

  test("a password of 20 bytes, a name of 16", async (t) => {
    const server = await startSha256Bmc(t);
    for (const user of ["twenty", "sixteen-char-usr"] as const) {
      const bmc = client(t, server, { user, password: sha256Users[user].password });
      assert.equal((await bmc.request(deviceId)).readUInt8(0), 0x20);
    }
  });

  test("wrong user, password, K_G, privilege: each its own error", async (t) => {
    const server = await startSha256Bmc(t);
    await refused(t, server, { user: "nobody" }, "wrong-user", "UNAUTHENTICATED", /"nobody"/);
    await refused(t, server, { password: "not-this-one" }, "wrong-password", "UNAUTHENTICATED", /is wrong/);
    await refused(t, server, { kg: "not-this-one" }, "wrong-key", "UNAUTHENTICATED", /K_G is wrong/);
    const much = { user: "monitor", password: "moni-pass", privilege: "administrator" } as const;
    await refused(
      t,
      server,
      much,
      "privilege-refused",
      "REFUSED",
      /may not be administrator here.*ask for less/,
    );
  });

  test("as much as the account may, when no level is configured", async (t) => {
    const server = await startSha256Bmc(t);
    for (const user of ["operator", "monitor"] as const) {
      const { level, password } = sha256Users[user];
      assert.equal((await client(t, server, { user, password }).connect()).level, level);
    }
  });

  test("no free session is said to be that, and one is got as soon as there is one", async (t) => {
    const server = await startSha256Bmc(t, { slots: 1 });
    const first = client(t, server);
    await first.connect();
    await refused(t, server, {}, "no-free-session", "BUSY", /no free session/);
    const second = client(t, server);
    const answer = second.request(deviceId);
    await new Promise<void>((resolve) => second.onState(({ kind }) => kind === "lost" && resolve()));
    await first.close();
    assert.equal((await answer).readUInt8(0), 0x20);
  });

  test("algorithms nobody proposed are not accepted", async (t) => {
    const server = await startSha256Bmc(t, { suites: [17], chooses: 1 });
    await refused(t, server, {}, "other-suite", "REFUSED", /chose algorithms 1, 0, 0/);
  });

  for (const bridge of ["packed", "alone"] as const) {
    test(`a controller behind it answers, ${bridge}`, async (t) => {
      const bmc = client(t, await startSha256Bmc(t, { bridge }));
      const behind = (address: number): Promise<Buffer> =>
        bmc.request({ ...deviceId, target: { channel: 0, address } });
      const answers = await Promise.all([0x72, 0x74, 0x72].map(behind));
      assert.deepEqual(
        answers.map((answer) => answer[0]),
        [0x72, 0x74, 0x72],
      );
      assert.equal(completionOf(await failure(behind(0x76))), 0x83);
      const unknown = { netFn: 0x06, command: 0x99, target: { channel: 0, address: 0x72 } };
      assert.equal(completionOf(await failure(bmc.request(unknown))), 0xc1);
    });
  }
});

describe("pyghmi's BMC", () => {
  test("it chooses suite 3 whatever is proposed: that is taken only where it was proposed", async (t) => {
    const server = await startPyghmiBmc(t);
    const login = { user: "admin", password: "password" };
    const bmc = client(t, server, login);
    assert.equal((await bmc.connect()).suite, 3);
    assert.ok((await bmc.request(deviceId)).length >= 11);
    const status = await bmc.request({ netFn: 0x00, command: 0x01 });
    assert.equal(status.readUInt8(0) & 1, 1);
    await refused(t, server, { ...login, suites: [17] }, "other-suite", "REFUSED", /name one that it has/);
  });

  test("a DCMI power reading", async (t) => {
    const bmc = client(t, await startPyghmiBmc(t), { user: "admin", password: "password" });
    const data = await bmc.request({ netFn: 0x2c, command: 0x02, data: Buffer.from("dc010000", "hex") });
    assert.equal(data.readUInt16LE(1), 340);
  });
});

test("nobody there: said within the time given", async (t) => {
  const bmc = client(t, { host: "127.0.0.1", port: 9 }, { timeout: 20 });
  const error = await failure(bmc.connect());
  assert.equal(error.code, "NO_ANSWER");
  assert.equal(refusalOf(error), "no-answer");
});

test("IPv6, where this machine has it", async (t) => {
  const socket = socketOf(t);
  const made = openBmc({ host: "[::1]", port: 9, ...admin, timeout: 20, clock: systemClock, socket });
  t.after(() => made.close());
  assert.equal((await failure(made.request(deviceId))).code, "NO_ANSWER");
  const { sent, strange } = socket.counts();
  assert.ok(sent > 0 && strange === 0);
});

test("names: looked up for every session, all addresses tried; one that is unknown is said to be", async (t) => {
  const sim = await startIpmiSim(t);
  const addresses = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }) as const);
  const asked: string[] = [];
  const socket = openIpmiSocket({
    lookup: (host) => {
      asked.push(host);
      return host === "bmc.example" ? Promise.resolve(addresses) : Promise.reject(new Error("ENOTFOUND"));
    },
  });
  t.after(() => socket.close());
  const bmc = client(t, { host: "bmc.example", port: sim.port }, { socket, timeout: 200, patience: 5000 });
  assert.equal((await bmc.connect()).address, "127.0.0.1");
  await sim.kill();
  assert.equal((await failure(bmc.request(deviceId))).code, "NO_ANSWER");
  const unknown = await failure(
    client(t, { host: "nowhere.example", port: 623 }, { socket }).request(deviceId),
  );
  assert.equal(unknown.code, "LINE_DOWN");
  assert.match(unknown.message, /"nowhere.example" cannot be looked up: ENOTFOUND/);
  assert.deepEqual(new Set(asked), new Set(["bmc.example", "nowhere.example"]));
  assert.ok(asked.length > 2, "looked up again for the second session");
});
