// What goes wrong while a session is being opened: on the test clock, without wires.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { BothyError } from "../../devices/errors.ts";
import { type BmcClient, type BmcOptions, openBmc, refusalOf } from "../../plugins/ipmi/lan/index.ts";
import { createBmc } from "../../simulators/ipmi/bmc.ts";
import { createRandom } from "../../simulators/random.ts";
import { ipmiWire } from "../support/ipmi-wire.ts";
import { MockBmc, mockNetwork } from "../support/mock-bmc.ts";
import { TestClock } from "../support/test-clock.ts";

interface Bench {
  readonly clock: TestClock;
  /** At 192.0.2.1 and 192.0.2.2. */
  readonly bmcs: readonly [MockBmc, MockBmc];
  readonly client: BmcClient;
  /** Opens the session, while time passes as fast as it can. @returns what it failed with, or the address */
  readonly connect: () => Promise<BothyError | string>;
}

function bench(t: TestContext, addresses: readonly string[], options: Partial<BmcOptions> = {}): Bench {
  const clock = new TestClock();
  const bmcs = [new MockBmc(clock), new MockBmc(clock)] as const;
  const network = mockNetwork(clock, { "192.0.2.1": bmcs[0], "192.0.2.2": bmcs[1] });
  const found = addresses.map((address) => ({ address, family: 4 as const }));
  const socket = { ...network, resolve: () => Promise.resolve(found) };
  const client = openBmc({
    ...{ host: "bmc", user: "admin", password: "secret", clock, socket },
    ...{ suites: [0], allowUnauthenticated: true, privilege: "administrator", keepAlive: 0 },
    ...options,
  });
  t.after(() => void client.close());
  const connect = async (): Promise<BothyError | string> => {
    const ended: (BothyError | string)[] = [];
    client.connect().then(
      ({ address }) => ended.push(address),
      (thrown: unknown) => ended.push(thrown instanceof BothyError ? thrown : String(thrown)),
    );
    while (ended[0] === undefined) await clock.advance(100);
    return ended[0];
  };
  return { clock, bmcs, client, connect };
}

const isHandshake = (packet: Buffer): boolean => packet[4] === 0x06;

test("a lost answer does not make a BMC one of IPMI 1.5, which would be advice to protect less", async (t) => {
  const { bmcs, connect } = bench(t, ["192.0.2.1"]);
  let questions = 0;
  bmcs[0].toBmc = (packet) => (isHandshake(packet) || questions++ === 0 ? [] : [1]);
  const failed = await connect();
  assert.equal(questions, 2);
  assert.ok(failed instanceof BothyError);
  assert.equal(failed.code, "NO_ANSWER");
});

test("a BMC that answers, and knows no newer version, is said to", async (t) => {
  const { bmcs, connect } = bench(t, ["192.0.2.1"]);
  bmcs[0].old = true;
  assert.equal(refusalOf(await connect()), "not-supported");
});

test("of several addresses the first that answers is used, and kept", async (t) => {
  const { bmcs, client, clock, connect } = bench(t, ["192.0.2.1", "192.0.2.2"]);
  bmcs[0].up = false;
  assert.equal(await connect(), "192.0.2.2");
  bmcs[0].up = true;
  bmcs[1].reboot();
  const answer = client.request({ netFn: 0x30, command: 0x01, data: Uint8Array.of(7) });
  for (let waited = 0; waited < 20_000; waited += 100) await clock.advance(100);
  assert.deepEqual([...(await answer)], [7]);
  assert.equal(bmcs[0].opened, 0);
  assert.equal(bmcs[1].opened, 2);
});

test("no other address is tried after a refusal", async (t) => {
  const { bmcs, connect } = bench(t, ["192.0.2.1", "192.0.2.2"]);
  bmcs[0].refuses.set(0x12, 0x0d);
  assert.equal(refusalOf(await connect()), "wrong-user");
  assert.equal(bmcs[1].sessions, 0);
});

test("a session that does not get its level is closed: BMCs have few", async (t) => {
  const { bmcs, connect } = bench(t, ["192.0.2.1"]);
  bmcs[0].highest = 3;
  assert.equal(refusalOf(await connect()), "privilege-refused");
  assert.equal(bmcs[0].opened, 1);
  assert.equal(bmcs[0].sessions, 0);
});

/** A log-in of IPMI 1.5 to a simulated BMC behind a wire that loses what `isLost` says. */
async function login15(
  t: TestContext,
  password: string,
  isLost: (packet: Buffer) => boolean,
): Promise<BothyError | undefined> {
  const clock = new TestClock();
  const simulated = createBmc({ clock, period: 0, legacy: true });
  const wire = ipmiWire(clock, createRandom(1, "wire"));
  wire.connect("192.0.2.7", {
    receive: (packet, from, reply) => {
      if (!isLost(packet)) simulated.receive(packet, from, reply);
    },
  });
  const client = openBmc({
    ...{ host: "192.0.2.7", user: "admin", password, version: "1.5", clock, socket: wire.socket },
    keepAlive: 0,
  });
  t.after(() => {
    void client.close();
    simulated.close();
  });
  const ended: (BothyError | undefined)[] = [];
  client.connect().then(
    () => ended.push(undefined),
    (thrown: unknown) => ended.push(thrown instanceof BothyError ? thrown : assert.fail(String(thrown))),
  );
  while (ended.length === 0) await clock.advance(100);
  return ended[0];
}

/** Activate Session of IPMI 1.5 over MD5: its command stands behind RMCP, session header and code. */
const isActivation = (packet: Buffer): boolean => packet[4] === 2 && packet[35] === 0x3a;

test("log-ins of IPMI 1.5 that are lost do not make a password wrong", async (t) => {
  assert.equal(await login15(t, "admin-pass", () => false), undefined);
  let passed = 0;
  assert.equal(await login15(t, "admin-pass", (packet) => isActivation(packet) && ++passed < 4), undefined);
  assert.equal(passed, 4);

  let silent = false;
  const goesSilent = await login15(t, "admin-pass", (packet) => (silent ||= isActivation(packet)));
  assert.deepEqual([goesSilent?.code, goesSilent?.retry], ["NO_ANSWER", true]);
  // Every other packet is lost, each log-in among them.
  let count = 0;
  const lossy = await login15(t, "admin-pass", (packet) => isActivation(packet) || ++count % 2 === 0);
  assert.deepEqual([lossy?.code, lossy?.retry], ["NO_ANSWER", true]);
});

test("a BMC of IPMI 1.5 that hears everything, and drops the log-in alone, knows another password", async (t) => {
  const failed = await login15(t, "not-the-one", () => false);
  assert.deepEqual(
    [failed?.code, refusalOf(failed), failed?.retry],
    ["UNAUTHENTICATED", "wrong-password", false],
  );
  assert.doesNotMatch(failed?.message ?? "", /not-the-one/);
});
