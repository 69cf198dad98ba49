// The simulated site on real pseudo-terminals and sockets.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { SerialPort } from "serialport";
import { systemClock } from "../devices/clock.ts";
import { buildMbap, buildRtu, createMbapReader, parseRtu } from "../simulators/modbus/codec.ts";
import { NoPtyError, openPty } from "../simulators/pty.ts";
import { createSimulatedSite, type SimulatedSite, type SimulatedSiteOptions } from "../simulators/site.ts";

const run = promisify(execFile);

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "bothy-simulators-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function openSite(t: TestContext, options: Partial<SimulatedSiteOptions>): Promise<SimulatedSite> {
  const site = await createSimulatedSite({ clock: systemClock, ...options });
  t.after(() => site.close());
  return site;
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

interface Stream {
  write(bytes: Buffer): unknown;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  removeAllListeners(event: "data"): unknown;
}

/** Sends a request and waits for a whole answer. */
function ask(stream: Stream, unit: number, pdu: string): Promise<string> {
  return new Promise((resolve) => {
    const got: number[] = [];
    stream.removeAllListeners("data");
    stream.on("data", (bytes) => {
      got.push(...bytes);
      const answer = parseRtu(Uint8Array.from(got));
      if (answer !== undefined) resolve(`${answer.unit} ${Buffer.from(answer.pdu).toString("hex")}`);
    });
    stream.write(Buffer.from(buildRtu({ unit, pdu: bytesOf(pdu) })));
  });
}

async function openPort(path: string, baudRate: number): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(error)));
  });
  return port;
}

const closePort = (port: SerialPort): Promise<void> => new Promise((resolve) => port.close(() => resolve()));

async function openSocket(t: TestContext, at: { host: string; port: number }): Promise<Socket> {
  const socket = connect(at);
  t.after(() => socket.destroy());
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

test("units answer on pseudo-terminals, also to a client that closed and opened them again", async (t) => {
  const dir = tempDir(t);
  const site = await openSite(t, { dir });
  const [a, b] = site.lines;
  assert.ok(a?.kind === "pty" && b?.kind === "pty");
  assert.deepEqual(
    [a.path, a.baudRate, b.path, b.baudRate],
    [join(dir, "line-a"), 9600, join(dir, "line-b"), 19_200],
  );
  for (let i = 0; i < 2; i++) {
    const port = await openPort(a.path, a.baudRate);
    assert.equal(await ask(port, 1, "04 0000 0001"), "1 0402464e");
    assert.match(await ask(port, 11, "04 0001 0001"), /^11 040200/);
    assert.match(await ask(port, 20, "02 0000 0008"), /^20 02010b/);
    await closePort(port);
  }
  const port = await openPort(b.path, b.baudRate);
  assert.equal(await ask(port, 2, "04 0000 0001"), "2 04024458");
  assert.equal(await ask(port, 3, "03 0000 0001"), "3 03024443");
  assert.equal((await ask(port, 4, "04 0000 0050")).length, "4 04a0".length + 320);
  await closePort(port);
  await site.close();
  assert.equal(existsSync(a.path), false, "the link is gone");
});

test("a link left behind is replaced, a file is not", async (t) => {
  const dir = tempDir(t);
  const link = join(dir, "line");
  const first = await openPty({ link });
  const second = await openPty({ link });
  await first.close();
  assert.ok(existsSync(link), "the link belongs to the second");
  await second.close();
  assert.equal(existsSync(link), false);
  writeFileSync(link, "mine");
  await assert.rejects(openPty({ link }), /EEXIST/);
});

test("a serial line over TCP", async (t) => {
  const site = await openSite(t, { wires: "tcp" });
  const [line] = site.lines;
  assert.ok(line?.kind === "rtu-over-tcp");
  const socket = await openSocket(t, line);
  assert.equal(await ask(socket, 1, "04 0000 0001"), "1 0402464e");
  const another = await openSocket(t, line);
  assert.equal(await ask(another, 1, "06 0000 0258"), "1 0600000258");
  assert.deepEqual(site.unit("tray-a").readWords("holding", 0, 1), [600]);
});

test("where there are no pseudo-terminals, the lines are served over TCP, and it is said", async (t) => {
  const site = await openSite(t, { openPty: () => Promise.reject(new NoPtyError("none here")) });
  assert.deepEqual(
    site.lines.map(({ kind }) => kind),
    ["rtu-over-tcp", "rtu-over-tcp"],
  );
  assert.equal(site.notes[0], "line-a is served as RTU over TCP: no pseudo-terminals here: none here");
});

test("Modbus TCP takes requests in a row, and closes what is not Modbus", async (t) => {
  const { endpoint } = await openSite(t, { wires: "tcp" });
  assert.ok(endpoint.kind === "tcp");
  const socket = await openSocket(t, endpoint);
  const reader = createMbapReader();
  const requests = Array.from({ length: 20 }, (_, i) =>
    buildMbap({ mbapId: 1000 + i, unit: 1, pdu: bytesOf("03 0003 0001") }),
  );
  const answers = new Promise<readonly number[]>((resolve) => {
    const ids: number[] = [];
    socket.on("data", (bytes) => {
      for (const { mbapId, pdu } of reader.feed(bytes).frames) {
        assert.equal(Buffer.from(pdu).toString("hex"), "03020008");
        ids.push(mbapId);
      }
      if (ids.length === requests.length) resolve(ids);
    });
  });
  socket.write(Buffer.concat(requests));
  assert.deepEqual(
    await answers,
    requests.map((_, i) => 1000 + i),
  );
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await closed;
});

test("a cut line stays silent, and answers when it is mended", async (t) => {
  const site = await openSite(t, { wires: "tcp" });
  const [line] = site.lines;
  assert.ok(line?.kind === "rtu-over-tcp");
  const socket = await openSocket(t, line);
  site.fault("line-a line-cut");
  void ask(socket, 1, "06 0000 0258");
  // An answer on the other line shows that the lost request has been read by now.
  const [, other] = site.lines;
  assert.ok(other?.kind === "rtu-over-tcp");
  await ask(await openSocket(t, other), 2, "04 0000 0001");
  site.clear();
  assert.equal(await ask(socket, 1, "03 0000 0001"), "1 030201f4", "the write was not heard");
});

test("a process that closes its site ends by itself", async (t) => {
  const script = join(tempDir(t), "main.mts");
  const source = (path: string): string => JSON.stringify(join(import.meta.dirname, "..", path));
  writeFileSync(
    script,
    `import { systemClock } from ${source("devices/clock.ts")};
    import { createSimulatedSite } from ${source("simulators/site.ts")};
    const site = await createSimulatedSite({ clock: systemClock });
    site.fault("tray-a silent for 10m");
    await site.close();
    console.log(site.lines.map(({ kind }) => kind).join(" "));`,
  );
  const { stdout } = await run(process.execPath, ["--import", "tsx", script], {
    cwd: join(import.meta.dirname, ".."),
    timeout: 60_000,
  });
  assert.match(stdout, /^(pty|rtu-over-tcp) (pty|rtu-over-tcp)\n$/);
});
