// What only somebody at a terminal, or beyond an encrypted way, sees of the program.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hours } from "../../devices/clock.ts";
import { guardedSite } from "../support/guarded-site.ts";
import { homeIn, onTerminal, runProgram, scratch } from "../support/program.ts";
import { certificates } from "../support/served-plugin.ts";
import { portOf, until } from "../support/sockets.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";
import { socketLimits } from "../../server/websocket/limits.ts";

const timeout = 400_000;
const bothy = `'${process.execPath}' --import '${import.meta.resolve("tsx")}' server/main.ts`;

const fan = (alias: string): TableDevice => ({ alias, type: "fan", outputs: [["duty"]], actions: [speed] });

test("several devices are written only when somebody at the terminal agrees", { timeout }, async (t) => {
  const sockets = { ...socketLimits, ping: hours(10_000) };
  const values = { "tray.fan-1/duty": 40, "tray.fan-2/duty": 40 };
  const site = await tableSite(t, [fan("tray.fan-1"), fan("tray.fan-2")], values, {}, { sockets });
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const env = { ...homeIn(scratch(t)), BOTHY_HOST: `http://127.0.0.1:${portOf(site.http)}` };
  const written = (): readonly unknown[] => site.table.commands.map(({ value }) => value);
  const asked = (data: number) =>
    onTerminal(t, `${bothy} write 'tray.fan-*' speed ${data} --no-wait; echo "ended $?"`, 100, env);

  for (const [data, answer] of [
    [50, "n\r"],
    [51, "\r"],
    [52, "yesterday\r"],
  ] as const) {
    const refusing = asked(data);
    const question = await refusing.shows(/\[y\/N\]/);
    assert.match(question, /tray\.fan-1\r?\n +tray\.fan-2\r?\n[^]*Write speed \d+ to 2 devices\? \[y\/N\]/);
    refusing.type(answer);
    assert.match(await refusing.ended, /nothing was written[^]*ended 2/);
    assert.deepEqual(written(), []);
  }
  for (const [data, answer] of [
    [60, "y\r"],
    [70, "YES\r"],
  ] as const) {
    const agreeing = asked(data);
    await agreeing.shows(/\[y\/N\]/);
    agreeing.type(answer);
    assert.match(await agreeing.ended, /ended 0/);
    await site.clock.advance(1000);
    assert.deepEqual(written().slice(-2), [data, data]);
  }

  const piped = await runProgram(t, ["write", "tray.fan-*", "speed", "80"], env);
  assert.deepEqual([piped.code, piped.out], [2, ""]);
  assert.match(piped.err, /this would write speed 80 to 2 devices; say --yes if that is meant/);
  assert.equal(written().length, 4);
});

test("tail over an encrypted WebSocket trusts what --ca names, and nothing else", { timeout }, async (t) => {
  const { ca, server } = certificates(scratch(t));
  const site = await guardedSite(t, {}, { tls: server });
  await site.http.listen({ host: "127.0.0.1", port: 0 });
  const env = { ...homeIn(scratch(t)), BOTHY_TOKEN: site.token("viewer") };
  const tail = (...args: readonly string[]) =>
    runProgram(
      t,
      ["tail", "fan-near", "--json", "-n", "1", "--host", `https://127.0.0.1:${portOf(site.http)}`, ...args],
      env,
    );
  const upgrades: (string | undefined)[] = [];
  site.http.server.on("upgrade", ({ headers }: { headers: { authorization?: string } }) =>
    upgrades.push(headers.authorization?.slice(0, 13)),
  );
  const tailing = tail("--ca", ca);
  await until(() => site.http.sockets.counts().streams > 0);
  site.table.values.set("fan-near/duty", 45);
  await site.clock.advance(1000);
  const heard = await tailing;
  assert.deepEqual([heard.code, heard.err], [0, ""]);
  assert.equal((JSON.parse(heard.out) as { value: unknown }).value, 45);
  assert.deepEqual(upgrades, ["Bearer bothy_"]);

  const doubtful = await tail();
  assert.deepEqual([doubtful.code, doubtful.out], [2, ""]);
  assert.match(doubtful.err, /signed by nobody this machine knows/);
});
