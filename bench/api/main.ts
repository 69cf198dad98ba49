import { cpus } from "node:os";
import { seconds, sleep, systemClock as clock } from "../../devices/clock.ts";
import { allRead, asked, message, share, start, usageOf } from "../processes.ts";
import { connections, printShares, span, startBaseline } from "../shares.ts";
import type { Received } from "./consumer.ts";
import { type Endpoint, listen, toldOf, type Variant } from "./streams.ts";

/*
 * What a site of 1,000 devices, each read once a second, costs beside the plainest servers that send the same bytes:
 * Fastify routes for HTTP, bare `ws` for streams. And a site whose 1,000 devices are behind a gRPC plugin. Servers and
 * load are processes of their own on one machine, so they share its processors. Writes no files.
 */
const rounds = 7;
const here = (script: string): URL => new URL(script, import.meta.url);

console.log(`${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.versions.node}\n`);
const site = await start(here("../http/site.ts"));
const { port } = await message<{ port: number }>(site);
const device = await allRead(port);

console.log(`HTTP: ${connections} connections, median of ${rounds} rounds of ${span / 1000} s`);
const paths = ["/v3/read", `/v3/read/${device}`, "/v3/scan"];
const plain = await startBaseline(here("fastify.ts"), port, paths);
await printShares({ child: site, port }, { ...plain, name: "plain Fastify" }, paths, rounds);
plain.child.disconnect();

console.log(
  "\ngRPC: a plugin process with 1,000 devices, a new reading of each once a second, read by a site",
);
const plugin = await start(here("plugin.ts"));
const { target } = await message<{ target: string }>(plugin);
const consumer = await start(here("consumer.ts"));
consumer.send(target);
for (;;) {
  await sleep(clock, seconds(1));
  if ((await asked<Received>(consumer, "received")).readings >= 1000) break;
}
await sleep(clock, seconds(3));
await asked<Received>(consumer, "received");
const [pluginBefore, before] = [await usageOf(plugin), await usageOf(consumer)];
await sleep(clock, seconds(10));
const [pluginAfter, after] = [await usageOf(plugin), await usageOf(consumer)];
const received = await asked<Received>(consumer, "received");
const perSecond = (received.readings * 1000) / (after.at - before.at);
console.log(
  `  ${received.devices} devices, ${perSecond.toFixed(0)} readings/s; delay p50 ${received.p50.toFixed(0)} ` +
    `p99 ${received.p99.toFixed(0)} ms; CPU of the site ${share(before, after).toFixed(0)} %, of the plugin ` +
    `${share(pluginBefore, pluginAfter).toFixed(0)} %; the site ${(after.rss / 1e6).toFixed(0)} MB`,
);
plugin.disconnect();
consumer.disconnect();

console.log(
  "\nWebSocket: streams, each device published once a second; delay from publication to receipt. Not sent is what\n" +
    "was superseded while the client or the server was busy",
);
const ids = ((await (await fetch(`http://127.0.0.1:${port}/v3/scan`)).json()) as { id: string }[]).map(
  ({ id }) => id,
);
const [reading = ""] =
  /\{[^]*?\}\}/.exec(await (await fetch(`http://127.0.0.1:${port}/v3/read/${device}`)).text()) ?? [];
const [head = "", tail = ""] = reading.split(/(?<="timestamp":")[^"]*/);
const broadcaster = await start(here("broadcast.ts"));
const bare = await asked<{ port: number }>(broadcaster, {
  ...{ head: `{"id":1,"event":"response/reading","data":${head}`, tail: `${tail}}` },
  devices: ids.length,
});
const request = (data: object): string => JSON.stringify({ id: 1, event: "request/read_stream", data });
const ours: Endpoint = {
  child: site,
  port,
  ask: (n) => ["/v3/connect", request(n === undefined ? {} : { ids: [ids[n]] })],
};
const theirs: Endpoint = {
  child: broadcaster,
  port: bare.port,
  ask: (n) => [n === undefined ? "/" : `/?device=${n}`, ""],
};
const variants: readonly Variant[] = [
  { name: "1,000 sockets, a stream of one device each", sockets: 1000, all: false },
  { name: "10 sockets, a stream of all 1,000 devices each", sockets: 10, all: true },
  { name: "100 sockets, a stream of all 1,000 devices each", sockets: 100, all: true },
  { name: "1,000 sockets, a stream of all 1,000 devices each", sockets: 1000, all: true },
];
for (const variant of variants) {
  console.log(`  ${variant.name}`);
  for (const [name, endpoint] of [
    ["bare ws", theirs],
    ["Bothy", ours],
  ] as const)
    console.log(toldOf(name, await listen(endpoint, variant), variant));
}
site.disconnect();
broadcaster.disconnect();
