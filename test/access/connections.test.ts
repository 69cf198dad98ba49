import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { silentLog } from "../../devices/plugin.ts";
import { limitConnections } from "../../server/access/connections.ts";
import { TestClock } from "../support/test-clock.ts";

/** A server that hears of connections from anywhere, and answers none. */
function limited(t: TestContext, connectionsPerAddress: number) {
  const server = createServer();
  server.removeAllListeners("connection");
  const over = new AbortController();
  t.after(() => over.abort());
  const deps = { clock: new TestClock(), log: silentLog, signal: over.signal };
  limitConnections(server, { connectionsPerAddress }, ["10.9.0.0/16"], deps);
  const connect = (address: string): Socket => {
    const socket = new Socket();
    Object.defineProperty(socket, "remoteAddress", { value: address });
    server.emit("connection", socket);
    return socket;
  };
  return { server, connect };
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

test("an address has so many connections, and another when one of them ends", async (t) => {
  const { connect } = limited(t, 2);
  const [first, second] = [connect("192.0.2.1"), connect("::ffff:192.0.2.1")];
  assert.equal(connect("192.0.2.1").destroyed, true);
  assert.deepEqual([first.destroyed, second.destroyed], [false, false]);
  assert.equal(connect("192.0.2.2").destroyed, false, "another address");
  const gone = closed(first);
  first.destroy();
  await gone;
  assert.equal(connect("192.0.2.1").destroyed, false);
  assert.equal(connect("192.0.2.1").destroyed, true);
});

test("of an IPv6 network all addresses are one; this machine and proxies have as many as they like", (t) => {
  const { connect } = limited(t, 1);
  assert.equal(connect("2001:db8::1").destroyed, false);
  assert.equal(connect("2001:db8::2").destroyed, true);
  for (const address of ["127.0.0.1", "127.0.0.1", "::1", "::1", "10.9.1.1", "10.9.1.1"])
    assert.equal(connect(address).destroyed, false, address);
});

test("a connection that is announced again, as after each vain upgrade, is one connection", (t) => {
  const { server, connect } = limited(t, 2);
  const socket = connect("192.0.2.1");
  const listeners = socket.listenerCount("close");
  for (let i = 0; i < 20; i++) server.emit("connection", socket);
  assert.equal(socket.destroyed, false);
  assert.equal(socket.listenerCount("close"), listeners);
});
