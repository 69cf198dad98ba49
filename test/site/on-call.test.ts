// What somebody on call does, with the real program against a served site.
import assert from "node:assert/strict";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { hours } from "../../devices/clock.ts";
import { csvLine } from "../../server/cli/show/csv.ts";
import { hostUrl, targetOf } from "../../server/cli/target.ts";
import { socketLimits } from "../../server/websocket/limits.ts";
import { parseCsv } from "../support/csv.ts";
import { originalServer } from "../support/original-server.ts";
import {
  type Ended,
  homeIn,
  onTerminal,
  runProgram,
  scratch,
  startProgram,
  type Variables,
} from "../support/program.ts";
import { certificates, serverTls } from "../support/served-plugin.ts";
import { portOf } from "../support/sockets.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite, type TableSite } from "../support/table-site.ts";
import { until } from "../support/until.ts";

const timeout = 400_000;

const devices: readonly TableDevice[] = [
  {
    alias: "tray.fan-1",
    type: "fan",
    outputs: [["duty"]],
    actions: [speed],
    tags: ["rack:r1"],
    context: { row: "7" },
  },
  { alias: "tray.fan-2", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r2"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1", "point:inlet"] },
  { alias: "meter", type: "power", outputs: [["count"]] },
];
const values = {
  "tray.fan-1/duty": 40,
  "tray.fan-2/duty": 50,
  "probe/temperature": 23.5,
  "meter/count": 9007199254740993n,
};

interface OnCall extends TableSite {
  readonly env: Variables;
  readonly url: string;
  readonly bothy: (...args: string[]) => Promise<Ended>;
}

/** A served site, and a home in which it is the one that is asked. */
async function onCall(t: TestContext, some: Partial<typeof values> = values): Promise<OnCall> {
  // Time passes here many times as fast as programs can say that they are there.
  const sockets = { ...socketLimits, ping: hours(10_000) };
  const site = await tableSite(t, devices, some, {}, { sockets });
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${portOf(site.http)}`;
  const env = { ...homeIn(scratch(t)), BOTHY_HOST: url };
  return { ...site, env, url, bothy: (...args) => runProgram(t, args, env) };
}

/**
 * Lets the site's time pass with another value each second: somebody who listens sees something new.
 * @returns what ends it
 */
function passTime({ table, clock }: TableSite, key: string, from: number): () => Promise<void> {
  const state = { over: false };
  const passing = (async () => {
    for (let value = from; !state.over; value = value < 90 ? value + 10 : from) {
      table.values.set(key, value);
      await clock.advance(1000);
      await turn();
    }
  })();
  return () => {
    state.over = true;
    return passing;
  };
}

const well = ({ code, err }: Ended): void => assert.deepEqual([code, err], [0, ""]);

test("scan, read, info and tags say it in a table, in CSV and in JSON", { timeout }, async (t) => {
  const { bothy, url } = await onCall(t);
  const [scan, csv, json, read, exact, info, tags, columns, nothing] = await Promise.all([
    bothy("scan", "--type", "fan", "--columns", "device,type,tags"),
    bothy("scan", "--csv"),
    bothy("scan", "--tag", "rack:r1,point:*", "--json"),
    bothy("read", "probe", "--no-header", "--columns", "device,value,unit,quality"),
    bothy("read", "meter", "--json", "--host", url),
    bothy("info", "tray.fan-1"),
    bothy("tags"),
    bothy("scan", "--columns", "devcie"),
    bothy("scan", "--tag", "rack:r3"),
  ]);
  for (const one of [scan, csv, json, read, exact, info, tags]) well(one);
  assert.equal(scan.out, "DEVICE      TYPE  TAGS\ntray.fan-1  fan   rack:r1\ntray.fan-2  fan   rack:r2\n");
  const [head, ...rows] = parseCsv(csv.out);
  assert.deepEqual(head, ["device", "type", "info", "tags", "id"]);
  assert.deepEqual(rows.map(([name]) => name).sort(), ["meter", "probe", "tray.fan-1", "tray.fan-2"]);
  assert.ok(rows.every((row) => /^[\da-f-]{36}$/.test(row[4] ?? "")));
  assert.deepEqual(
    (JSON.parse(json.out) as { alias: string }[]).map(({ alias }) => alias),
    ["probe"],
  );
  assert.equal(read.out, "probe  23.5  C  good\n");
  assert.match(exact.out, /"value":9007199254740993[,}]/);
  assert.match(info.out, /^device +tray\.fan-1\n/);
  assert.match(info.out, /^actions +speed\n/m);
  assert.match(info.out, /^row +7\n/m);
  assert.match(tags.out, /^TAG\ndefault\/point:inlet\ndefault\/rack:r1\n/);
  assert.deepEqual(
    [columns.code, columns.err],
    [2, 'bothy: there is no column "devcie"; did you mean device?\n'],
  );
  assert.deepEqual(
    [nothing.code, nothing.out, nothing.err],
    [0, "", "no device has the tag rack:r3; did you mean rack:r1?\n"],
  );
});

test("what is bad says why; --strict makes it an exit code", { timeout }, async (t) => {
  const { bothy } = await onCall(t, { "tray.fan-1/duty": 40 });
  const [plain, strict, good, unknown, several] = await Promise.all([
    bothy("read", "probe"),
    bothy("read", "probe", "--strict"),
    bothy("read", "tray.fan-1", "--strict"),
    bothy("read", "porbe"),
    bothy("read", "tray"),
  ]);
  well(plain);
  assert.match(plain.out, /^probe +temperature +- +- +C +bad +\S+Z +.*the table has no value/m);
  assert.deepEqual([strict.code, strict.out], [1, plain.out]);
  well(good);
  assert.deepEqual(
    [unknown.code, unknown.err],
    [2, "bothy: there is no device porbe; did you mean probe?\n"],
  );
  assert.equal(several.code, 2);
  assert.match(several.err, /^bothy: tray may be any of 2 devices; .*\n {2}tray\.fan-1\n {2}tray\.fan-2\n$/);
});

test(
  "a write is waited for, says what was read back, and its exit code says whether",
  { timeout },
  async (t) => {
    const { bothy, table } = await onCall(t);
    const done = await bothy("write", "tray.fan-1", "speed", "80");
    well(done);
    assert.match(done.out, /^tray\.fan-1 +speed +80 +DONE +read back 80 %/m);
    assert.equal(table.values.get("tray.fan-1/duty"), 80);
    const [weaker, range, action, readOnly, several, negative] = await Promise.all([
      bothy("write", "tray.fan-1", "speed", "30", "--slot", "12", "--why", "night"),
      bothy("write", "tray.fan-1", "speed", "180"),
      bothy("write", "tray.fan-1", "spede", "18"),
      bothy("write", "probe", "speed", "18"),
      bothy("write", "tray.*", "speed", "18"),
      bothy("write", "tray.fan-1", "speed", "--", "-5"),
    ]);
    assert.equal(weaker.code, 1);
    assert.match(weaker.out, /ERROR +.*slot 8/);
    // As Synse has it: accepted, and then a failed transaction.
    assert.equal(range.code, 1);
    assert.match(range.out, /ERROR +tray\.fan-1 speed: 180 is outside 0\.\.100 %/);
    assert.equal(action.code, 1);
    assert.match(action.out, /ERROR +.*it has: speed/);
    assert.equal(readOnly.code, 2);
    assert.deepEqual(
      [several.code, several.err],
      [2, "bothy: this would write speed 18 to 2 devices; say --yes if that is meant\n"],
    );
    assert.match(negative.out, /-5 is outside/);
    const both = await bothy("write", "tray.*", "speed", "60", "--yes", "--json");
    well(both);
    const told = JSON.parse(both.out) as { name: string; status: string }[];
    assert.deepEqual(
      told.map(({ name, status }) => `${name} ${status}`),
      ["tray.fan-1 DONE", "tray.fan-2 DONE"],
    );
  },
);

test("why tells who is heeded, release takes it back, transactions remember", { timeout }, async (t) => {
  const { bothy } = await onCall(t);
  well(
    await bothy("write", "tray.fan-1", "speed", "80", "--why", "door open", "--hold", "2h", "--slot", "8"),
  );
  await bothy("write", "tray.fan-1", "speed", "35", "--why", "warm", "--slot", "12");
  const [why, json, list] = await Promise.all([
    bothy("why", "tray.fan-1"),
    bothy("why", "tray.fan-1", "speed", "--json"),
    bothy("transactions", "--csv"),
  ]);
  well(why);
  assert.match(why.out, /^tray\.fan-1 +speed +yes +8 +operator +80 +\S+ +door open /m);
  assert.match(why.out, /^tray\.fan-1 +speed +no +12 +controller +35 +\S+ +warm /m);
  assert.deepEqual(
    (JSON.parse(json.out) as { slot: number }[]).map(({ slot }) => slot),
    [8, 12],
  );
  const other = await bothy("why", "tray.fan-1", "sped");
  assert.deepEqual(
    [other.code, other.err],
    [2, "bothy: tray.fan-1 has no action sped that is held; there is speed\n"],
  );
  const [, ...rows] = parseCsv(list.out);
  assert.deepEqual(rows.map((row) => row[3]).sort(), ["DONE", "ERROR"]);
  const failed = rows.find((row) => row[3] === "ERROR")?.at(-1) ?? "";
  assert.equal((await bothy("transactions", failed)).code, 1);
  assert.equal((await bothy("transactions", "none")).code, 2);
  const released = await bothy("release", "tray.fan-1", "speed");
  well(released);
  assert.match(released.out, /^tray\.fan-1 speed: released; now 35, because .* \(controller\): warm\n$/);
});

test(
  "plugins: healthy ends with 0; one whose line is down with 1, and says what is wrong",
  { timeout },
  async (t) => {
    const { bothy, table } = await onCall(t);
    const good = await bothy("plugins");
    well(good);
    assert.match(good.out, /^bothy\/table +healthy +table +values from a table/m);
    table.cut();
    const bad = await bothy("plugins", "bothy/ta");
    assert.equal(bad.code, 1);
    assert.match(bad.out, /^health +FAILING$/m);
    assert.match(bad.out, /FAILING +.*it was cut/);
  },
);

test("contexts are kept for their owner only, and what is nearer comes first", { timeout }, async (t) => {
  const { bothy, env, url } = await onCall(t);
  const own = (...args: string[]): Promise<Ended> => runProgram(t, args, { ...env, BOTHY_HOST: "" });
  const token = join(env["HOME"] ?? "", "token");
  writeFileSync(token, "s3cret\n");
  well(await own("context", "add", "hut", url, "--token-file", token));
  well(await own("context", "add", "nowhere", "127.0.0.1:1"));
  const file = join(env["XDG_CONFIG_HOME"] ?? "", "bothy", "contexts.yaml");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const list = await own("context", "list", "--csv");
  assert.deepEqual(parseCsv(list.out).slice(1), [
    ["*", "hut", url, token, ""],
    ["", "nowhere", "http://127.0.0.1:1", "", ""],
  ]);
  well(await own("tags"));
  assert.equal((await own("tags", "--context", "nowhere")).code, 2);
  well(await own("context", "use", "nowhere"));
  assert.match(
    (await own("tags")).err,
    /^bothy: http:\/\/127\.0\.0\.1:1 \(context nowhere\): no site answers there; /,
  );
  well(await bothy("tags"));
  assert.equal((await bothy("tags", "--host", "127.0.0.1:1")).code, 2);
  const near = await own("context", "use", "hutt");
  assert.deepEqual([near.code, near.err], [2, "bothy: there is no context hutt; did you mean hut?\n"]);
  assert.match((await own("context", "remove", "nowhere")).out, /no context is the current one/);
  assert.equal((await own("context", "add", "hut", "elsewhere")).code, 2);
  writeFileSync(file, "contexts: [\n");
  const broken = await own("tags");
  assert.equal(broken.code, 2);
  assert.match(broken.err, /^bothy: .*contexts\.yaml is no YAML/);
});

test("a host is a URL, a name, an address, with or without a port; nothing else is", () => {
  const means: Readonly<Record<string, string>> = {
    "hut-17": "http://hut-17:5000",
    "hut-17:80": "http://hut-17",
    "10.0.0.5:8080": "http://10.0.0.5:8080",
    "::1": "http://[::1]:5000",
    "[::1]:81": "http://[::1]:81",
    "https://hut-17": "https://hut-17",
    "https://proxy/sites/17/": "https://proxy/sites/17",
  };
  for (const [text, url] of Object.entries(means)) assert.equal(hostUrl(text), url, text);
  for (const wrong of ["", "ftp://x", "http://", "a b", "http://me:secret@x", "x:99999"])
    assert.throws(() => hostUrl(wrong), /^CannotRun/, wrong);
  assert.equal(targetOf({}, { HOME: "/nonexistent" }).url, "http://127.0.0.1:5000");
  assert.equal(targetOf({ host: "a" }, { HOME: "/nonexistent", BOTHY_HOST: "b" }).url, "http://a:5000");
});

/** A server that answers everything alike. */
async function stub(t: TestContext, status: number, type: string, body: string): Promise<string> {
  const server = createServer((_, reply) => reply.writeHead(status, { "content-type": type }).end(body));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("what is wrong with a server is one line with a remedy, never a stack", { timeout }, async (t) => {
  const home = homeIn(scratch(t));
  const page = await stub(t, 200, "text/html", "<html>Router</html>");
  const closed = await stub(
    t,
    401,
    "application/json",
    '{"http_code":401,"description":"no","timestamp":"","context":"who?"}',
  );
  const folder = scratch(t);
  const { cert, key } = serverTls(certificates(folder), false);
  const secure = createSecureServer({ cert, key }, (_, reply) => reply.end("[]")).listen(0, "127.0.0.1");
  await once(secure, "listening");
  t.after(() => secure.close());
  const { port } = secure.address() as AddressInfo;
  const asked = (args: readonly string[], env: Variables = {}): Promise<Ended> =>
    runProgram(t, ["tags", ...args], { ...home, ...env });
  const cases: readonly (readonly [Promise<Ended>, RegExp])[] = [
    [asked(["--host", page]), /is no Synse v3 server/],
    [asked(["--host", closed]), /wants to know who asks: put a token in \$BOTHY_TOKEN/],
    [asked(["--host", closed], { BOTHY_TOKEN: "old" }), /does not accept the token of \$BOTHY_TOKEN/],
    [asked(["--host", `https://127.0.0.1:${port}`]), /signed by nobody this machine knows.*--ca FILE/],
    [asked(["--host", page.replace("http", "https")]), /speaks no TLS; write http:\/\//],
    [asked(["--host", `http://127.0.0.1:${port}`]), /write https:\/\/|is no Synse/],
    [asked(["--host", "no-such-host.invalid"]), /no such host|looked up/],
    [asked([], { BOTHY_HOST: "127.0.0.1:1" }), /\(\$BOTHY_HOST\): no site answers there/],
  ];
  for (const [run, pattern] of cases) {
    const { code, out, err } = await run;
    assert.deepEqual([code, out, err.trimEnd().split("\n").length], [2, "", 1], err);
    assert.match(err, pattern);
  }
  const trusted = await asked(["--host", `https://127.0.0.1:${port}`, "--ca", join(folder, "ca.pem")]);
  assert.deepEqual([trusted.code, trusted.err], [0, ""]);
});

test(
  "tail prints what is new, says when the connection is lost, and goes on; watch is the same in a pipe",
  { timeout },
  async (t) => {
    const site = await onCall(t);
    const { server, sockets } = site.http;
    const wires: Socket[] = [];
    server.on("upgrade", (_: IncomingMessage, wire: Socket) => wires.push(wire));
    const following = (connections: number): Promise<void> =>
      until(
        () => wires.length === connections && sockets.counts().streams === 2,
        `both follow, over ${connections} connections in all`,
      );
    const child = startProgram(t, ["tail", "probe", "--json", "-n", "400"], site.env);
    const watch = startProgram(t, ["watch", "tray.fan-1"], site.env);
    assert.ok(child.stdout !== null && watch.stdout !== null);
    const ended = once(child, "close") as Promise<[number | null]>;
    let err = "";
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const watched = once(createInterface(watch.stdout), "line");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    await following(2);
    // Just one is new before the connection is lost: however slow they are, most are still to come.
    site.table.values.set("probe/temperature", 30).set("tray.fan-1/duty", 30);
    await site.clock.advance(1000);
    const found = [await lines.next()];
    assert.match(String(((await watched) as string[])[0]), /^\S+Z {2}tray\.fan-1 {2}duty {2}\d+ %$/);
    for (const wire of wires) wire.destroy();
    await following(4);
    const passing = passTime(site, "probe/temperature", 30);
    t.after(passing);
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) found.push(line);
    const [code] = await ended;
    await passing();
    assert.equal(found.length, 400);
    for (const { value } of found) {
      const reading = JSON.parse(String(value)) as {
        name: string;
        type: string;
        value: number;
        quality: string;
      };
      assert.deepEqual([reading.name, reading.type, reading.quality], ["probe", "temperature", "good"]);
      assert.ok(reading.value >= 30);
    }
    assert.equal(code, 0);
    assert.match(
      err,
      /^… no readings: .*; trying again\n… readings come again; those of \d+ s are missing\n$/,
    );
  },
);

test("an original server is enough: reading, writing, following", { timeout }, async (t) => {
  const server = await originalServer(t);
  const env = { ...homeIn(scratch(t)), BOTHY_HOST: server.url };
  const bothy = (...args: string[]): Promise<Ended> => runProgram(t, args, env);
  const [read, write, unknown, why] = await Promise.all([
    bothy("read", "--csv", "--columns", "device,type,value,quality"),
    bothy("write", "led", "state", "on"),
    bothy("transactions", "--json"),
    bothy("why", "led"),
  ]);
  well(read);
  assert.deepEqual(parseCsv(read.out), [
    ["device", "type", "value", "quality"],
    ["led", "state", "off", "good"],
    ["bb-2", "temperature", "21.299999237060547", "good"],
  ]);
  well(write);
  assert.match(write.out, /^led +state +on +DONE/m);
  well(unknown);
  assert.deepEqual(
    [why.code, why.err],
    [2, `bothy: ${server.url} is no Bothy site: only those have priority arrays\n`],
  );
  const failed = await bothy("write", "led", "dance");
  assert.equal(failed.code, 1);
  assert.match(failed.out, /ERROR +unsupported write action 'dance'/);
  const child = startProgram(
    t,
    ["tail", "--csv", "-n", "1", "--columns", "device,value", "--interval", "100ms"],
    env,
  );
  assert.ok(child.stderr !== null && child.stdout !== null);
  const ended = once(child, "close");
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  for await (const line of createInterface(child.stderr)) {
    assert.match(line, /has no stream of readings; asking again and again/);
    break;
  }
  server.set("on", "2031-05-06T07:08:10Z");
  await ended;
  assert.equal(out, "device,value\r\nled,on\r\n");
});

test("watch draws in place with sparklines, and gives the terminal back", { timeout }, async (t) => {
  const site = await onCall(t);
  const listening = once(site.http.server, "upgrade");
  const command = `'${process.execPath}' --import '${import.meta.resolve("tsx")}' server/main.ts watch --type fan; stty -a`;
  const terminal = onTerminal(t, command, 60, site.env);
  await terminal.shows(/tray\.fan-2/);
  await listening;
  const passing = passTime(site, "tray.fan-1/duty", 0);
  t.after(passing);
  await terminal.shows(/[▁▂▃▅▆▇█]{4}/u);
  await passing();
  terminal.type("q");
  const shown = await terminal.ended;
  const [, drawn = "", after = ""] = /\x1b\[\?1049h([^]*)\x1b\[\?25h\x1b\[\?1049l([^]*)$/.exec(shown) ?? [];
  assert.match(drawn, /^\x1b\[\?25l/);
  assert.match(drawn, /DEVICE.*VALUE.*TREND/);
  assert.match(after, / icanon/);
  assert.match(after, / echo /);
});

test("a reader that goes away ends it quietly", { timeout }, async (t) => {
  const { env } = await onCall(t);
  const child = startProgram(t, ["scan", "--json"], env);
  let err = "";
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdout?.destroy();
  const [code] = (await once(child, "close")) as [number | null];
  assert.deepEqual([code, err], [0, ""]);
});

test("CSV reads back as it was written, whatever the cells hold", () => {
  const cells = fc.array(fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é") }), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(cells, { minLength: 1, maxLength: 4 }), (written) => {
      assert.deepEqual(parseCsv(written.map(csvLine).join("\r\n")), written);
    }),
  );
});
