import type { Alarm } from "../contract.ts";
import { oncePer } from "../library/once-per.ts";
import { shedCharge } from "../library/shedding.ts";
import { shown } from "../library/timing.ts";
import type { Applied } from "../sample.ts";
import { type Fed, isServer } from "./outage-loads.ts";
import type { OutageSettings as Settings } from "./outage-settings.ts";
import { alarm, unitOf } from "./parts.ts";

const namesIn = oncePer(({ priorities, servers }: Settings) => ({
  prioritised: Object.keys(priorities),
  fed: Object.entries(servers),
}));

/** Names in the settings that nothing here has, and loads that would go before less important ones. */
export function namesAlarms(
  loads: readonly Fed[],
  servers: readonly Applied[],
  s: Settings,
): readonly Alarm[] {
  if (loads.length === 0) return [];
  const { prioritised, fed } = namesIn(s);
  const alarms: Alarm[] = [];
  for (const name of prioritised) {
    if (loads.some((load) => load.name === name || unitOf(load.name) === name)) continue;
    const text = `\`priorities\` names ${name}, which is no outlet and no PDU here: mend the name, or its loads go by \`otherwise\``;
    alarms.push(alarm(`unknown-load:${name}`, "warning", text));
  }
  for (const [outlet, server] of fed) {
    if (!loads.some(({ name }) => name === outlet)) {
      const text = `\`servers\` names ${outlet}, which is no outlet here: mend the name, or ${server} loses power without being shut down`;
      alarms.push(alarm(`unknown-load:${outlet}`, "warning", text));
    } else if (!servers.some(({ name }) => isServer(name, server))) {
      const text = `no server is called ${server}: ${outlet} would lose power without anything being shut down`;
      alarms.push(alarm(`unknown-server:${server}`, "warning", text));
    }
  }
  return [...alarms, ...orderAlarms(loads, s)];
}

/** Tags of an outlet say it on purpose; settings may be out of order by mistake. */
function orderAlarms(loads: readonly Fed[], s: Settings): readonly Alarm[] {
  const bySettings = loads.filter(({ priority, own }) => priority > 0 && own?.charge === undefined);
  for (const load of bySettings)
    for (const other of bySettings) {
      const [at, otherAt] = [shedCharge(load.priority, s), shedCharge(other.priority, s)];
      if (load.priority >= other.priority || at <= otherAt) continue;
      const text = `${load.name} (priority ${load.priority}) loses power at ${shown(at)} %, before ${other.name} (priority ${other.priority}) at ${shown(otherAt)} %: put the settings in order`;
      return [alarm("shed-order", "warning", text)];
    }
  return [];
}
