import { fork } from "node:child_process";
import { systemClock as clock } from "../devices/clock.ts";
import { benchPlan, startSite } from "./bus/site.ts";
const child = fork("/work/main/bench/bus/simulator.ts", ["9600"], { execArgv: ["--import", "tsx"] });
const { path } = await new Promise<any>((r) => child.once("message", r));
const site = startSite(benchPlan(path, 9600), clock);
await clock.sleepUntil(clock.monotonic() + 5000);
let last = clock.monotonic();
const lines: string[] = [];
site.link.connection!.tap!((f) => {
  const n = clock.monotonic();
  lines.push(
    `${(n - last).toFixed(2)} ${f.direction} gap=${f.gap.toFixed(2)} took=${f.took?.toFixed(2)} ${f.hex.length / 2}B ${f.text} ${f.fault ?? ""}`,
  );
  last = n;
});
await clock.sleepUntil(clock.monotonic() + 1500);
console.log(lines.join("\n"));
console.log(JSON.stringify(site.link.status(), null, 1));
await site.close();
child.disconnect();
