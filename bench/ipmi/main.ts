import { printMany } from "./many.ts";
import { printSweeps } from "./sweep.ts";

/*
 * How fast many sensors are read. First all of one BMC, in every way there is, against OpenIPMI's simulator; then those
 * of many simulated BMCs, polled by one site.
 */

const rounds = 41;
const [bmcs, sensors] = [500, 30];

console.log(
  `64 sensors of ipmi_sim, descriptions known, cipher suite 3; median of ${rounds} alternating rounds, ours done once before each\n`,
);
await printSweeps(rounds);
console.log(`\n${bmcs} simulated BMCs with ${sensors} sensors each, polled by one site\n`);
await printMany(bmcs, sensors);
