import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock as clock } from "../../devices/clock.ts";
import type { Holding } from "../support/counted-server.ts";
import { exchange } from "../support/exchange.ts";

const told = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as T));
    child.once("exit", (code) => reject(new Error(`the server ended with ${String(code)}`)));
  });

async function server(t: TestContext): Promise<{ port: number; holding: () => Promise<Holding> }> {
  const child = fork(fileURLToPath(new URL("../support/counted-server.ts", import.meta.url)), [], {
    execArgv: ["--expose-gc", "--import", "tsx"],
  });
  child.setMaxListeners(0);
  t.after(() => child.kill());
  const { port } = await told<{ port: number }>(child);
  return {
    port,
    holding: () => {
      const answer = told<Holding>(child);
      child.send("held");
      return answer;
    },
  };
}

const host = "HTTP/1.1\r\nhost: localhost\r\n";
/** What somebody has said when they go, and whether they wait for the beginning of an answer before. */
const manners: readonly (readonly [said: string, waits: boolean])[] = [
  ["", false],
  ["GET /v3/re", false],
  [`GET /v3/read ${host}accept-encoding: gzip\r\n\r\n`, false],
  [`GET /v3/read ${host}\r\n`, true],
  [`GET /v3/readcache ${host}\r\n`, true],
  [`GET /v3/readcache ${host}accept-encoding: gzip\r\n\r\n`, true],
  [`GET /api/buses/t/frames ${host}\r\n`, true],
  [`GET /v3/scan ${host}\r\n`.repeat(5), false],
  [`POST /v3/write/fan-1 ${host}content-length: 1000\r\n\r\n{"action":`, false],
  [`POST /v3/write/fan-1 ${host}content-length: 30\r\n\r\n{"action":"speed","data":"80"}`, false],
  [`POST /v3/write/wait/fan-2 ${host}content-length: 30\r\n\r\n{"action":"speed","data":"80"}`, false],
  [`GET /nowhere ${host}x: ${"y".repeat(500)}\r\n\r\n`, false],
];

/** Comes, says something, and is gone without a word. */
const visit = (port: number, [said, waits]: readonly [string, boolean]): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const leave = (): unknown => socket.resetAndDestroy();
    socket.on("error", () => undefined);
    socket.once("close", () => resolve());
    socket.once("connect", () => {
      if (said === "") leave();
      else socket.write(said, waits ? undefined : leave);
    });
    if (waits) socket.once("data", leave);
  });

async function visits(port: number, count: number): Promise<void> {
  const atOnce = 50;
  for (let i = 0; i < count; i += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, (_, j) => visit(port, manners[(i + j) % manners.length] ?? ["", false])),
    );
  }
}

/** Who waits for the end of a site that nobody talks to: its look at connections, and the WebSockets. */
const own = 2;

test("nothing is left of 10,000 who went without a word", { timeout: 300_000 }, async (t) => {
  const { port, holding } = await server(t);
  /** What is held once all that was asked for is done, or after a long while. */
  const settled = async (): Promise<Holding> => {
    for (let looks = 1; ; looks++) {
      const held = await holding();
      // One that has ended may still be on its way out of the system's hands, and its write on its way to the device.
      const sockets = held.resources["TCPSocketWrap"] ?? 0;
      const open = held.connections + held.taps + sockets;
      if ((open === 0 && held.streams === own) || looks === 600) return held;
      await clock.sleepUntil(clock.monotonic() + 50);
    }
  };
  // Compiled, cached and pooled once: what follows is to be no more than that.
  await visits(port, 2000);
  const before = await settled();
  await visits(port, 10_000);
  const after = await settled();
  for (const { connections, streams, taps } of [before, after])
    assert.deepEqual({ connections, streams, taps }, { connections: 0, streams: own, taps: 0 });
  assert.equal(after.warnings, 0);
  for (const kind of ["TCPSocketWrap", "TCPServerWrap", "PipeWrap"])
    assert.equal(after.resources[kind], before.resources[kind], kind);
  const grown = after.heap - before.heap;
  assert.ok(grown < 8_000_000, `${grown} bytes are kept of them`);
  assert.equal((await exchange(port, "GET", "/test")).status, 200);
});
