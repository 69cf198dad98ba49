import { allRead, start, message, usageOf } from "../processes.ts";
import { connections, printShares, span, startBaseline } from "../shares.ts";
import { startToFirstReading } from "./start.ts";

/*
 * How much of a bare Node server's speed is left: the site with 1,000 devices, all read once a second, against a bare
 * `http` server sending the same bytes from memory. Alternating rounds, the median of each.
 */

const rounds = 15;

const site = await start(new URL("site.ts", import.meta.url));
const { port } = await message<{ port: number }>(site);
const paths = ["/v3/read", `/v3/read/${await allRead(port)}`, "/v3/scan"];
const bare = await startBaseline(new URL("bare.ts", import.meta.url), port, paths);

console.log(
  `1,000 devices, each read once a second; ${connections} connections, median of ${rounds} rounds of ${span / 1000} s\n`,
);
await printShares({ child: site, port }, { ...bare, name: "bare node http" }, paths, rounds);
console.log(`\n  resident memory of that site after it: ${((await usageOf(site)).rss / 1e6).toFixed(0)} MB`);
site.disconnect();
bare.child.disconnect();

const { first, all, resident } = await startToFirstReading();
console.log(
  `\n  bothy site on the simulated lines, from starting the process: first good reading ${first.toFixed(0)} ms, ` +
    `everything read ${all.toFixed(0)} ms; resident ${(resident / 1e6).toFixed(0)} MB`,
);
