/** A program that writes to the audit log of a folder and says which entries it has acknowledged, until it is killed. */
import { silentLog } from "../../devices/plugin.ts";
import { systemClock } from "../../devices/clock.ts";
import { Audit } from "../../server/audit/audit.ts";

const audit = new Audit({
  clock: systemClock,
  log: silentLog,
  registry: { get: () => undefined },
  folder: process.argv[2],
});
const write = (n: number): void => {
  audit.record({ who: "x", what: "write", result: "accepted", transaction: String(n) });
  process.stdout.write(`${n}\n`, () => write(n + 1));
};
write(1);
