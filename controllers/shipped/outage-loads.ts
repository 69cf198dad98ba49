import type { Alarm } from "../contract.ts";
import type { Load, SheddingResult } from "../library/shedding.ts";
import type { ShortTerm } from "../library/short-term.ts";
import { listed, shown, span } from "../library/timing.ts";
import type { Applied, Observation } from "../sample.ts";
import { ownShedding } from "./load-tags.ts";
import { loadsOf } from "./loads.ts";
import type { OutageSettings as Settings } from "./outage-settings.ts";
import type { Supply } from "./outage-supply.ts";
import { alarm, there, unitOf } from "./parts.ts";

/** A load by its name, and the server it feeds. */
export interface Fed extends Load {
  readonly name: string;
}

export function loadsWith(
  applied: { readonly loads: readonly Applied[]; readonly servers: readonly Applied[] },
  outlets: readonly Observation<string>[],
  powers: readonly Observation<string>[],
  s: Settings,
): readonly Fed[] {
  return loadsOf(applied.loads, outlets, s).map((known, i) => {
    const target = applied.loads[i];
    const load = { ...known, own: target && ownShedding(target) };
    const server = s.servers[load.name];
    if (server === undefined) return { graceful: false, ...load };
    const graceful = applied.servers.some(({ name }) => isServer(name, server));
    const shows = there(powers).find(({ from }) => isServer(from, server));
    return shows === undefined ? { graceful, ...load } : { graceful, down: shows.value === "off", ...load };
  });
}

export const isServer = (name: string, server: string): boolean => name === server || unitOf(name) === server;

/** Whether a server is to be shut down in order. */
export const asked = (name: string, shed: SheddingResult, loads: readonly Fed[], s: Settings): boolean =>
  loads.some(({ id, name: outlet }) => {
    const server = s.servers[outlet];
    return shed.stopping.includes(id) && server !== undefined && isServer(name, server);
  });

export function reasonOf(
  { mains, generator, lasts }: Supply,
  shed: SheddingResult,
  loads: readonly Fed[],
): string {
  const names = [...shed.stopping, ...shed.off].map((id) => loads.find((load) => load.id === id)?.name ?? id);
  const without = names.length === 0 ? "" : `; ${listed(names)} without power: ${listed(shed.reasons)}`;
  if (!mains.out)
    return `Mains are there${shed.back.length > 0 ? "; loads come back one by one" : ""}${without}`;
  if (generator) return `On generator${without}`;
  const time =
    lasts === undefined
      ? "for how long is not known"
      : `for ${span(lasts.pessimistic)} to ${span(lasts.optimistic)}`;
  return `On battery, ${time}${without}`;
}

export function powerAlarms({ mains, generator, lasts }: Supply, s: Settings): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (mains.out) {
    const short = lasts !== undefined && lasts.pessimistic < s.shedMinutes && !generator;
    const time = lasts === undefined ? "" : `; the battery lasts ${span(lasts.pessimistic)} at the worst`;
    alarms.push(
      alarm(
        "mains-out",
        short ? "critical" : "major",
        `mains are out${generator ? ", the generator runs" : time}`,
      ),
    );
  }
  if (!mains.known) alarms.push(alarm("mains-unknown", "warning", "nothing says whether there is mains"));
  if (mains.contradiction) {
    alarms.push(
      alarm("mains-contact", "warning", "the mains contact says present, but the battery carries the load"),
    );
  }
  return alarms;
}

/** Inlets that are warmer than they may stay on battery, told once for all of them. */
export function warmAlarms(
  onBattery: boolean,
  inlet: number | undefined,
  { used, over, short }: ShortTerm,
  s: Settings,
): readonly Alarm[] {
  if (!onBattery || inlet === undefined || inlet <= s.inletOnBattery) return [];
  const at = `on battery the hottest inlet is at ${shown(inlet)} °C`;
  const text = over
    ? `${at}, and was above ${shown(s.inletOnBattery)} °C for ${span(used)}: loads lose power by heat as with mains`
    : `${at}: it may be up to ${shown(short)} °C for ${span(s.inletShortTime - used)} more`;
  return [alarm("warm-on-battery", over ? "major" : "warning", text)];
}

export function shedAlarms(
  shed: SheddingResult,
  loads: readonly Fed[],
  busVolts: number | undefined,
  s: Settings,
): readonly Alarm[] {
  const alarms: Alarm[] = [];
  if (shed.off.length + shed.stopping.length > 0) {
    const names = [...shed.stopping, ...shed.off].map(
      (id) => loads.find((load) => load.id === id)?.name ?? id,
    );
    alarms.push(alarm("loads-shed", "major", `${listed(names)} lost power: ${listed(shed.reasons)}`));
  }
  if (shed.lowVolts) {
    const text = `the DC bus is at ${shown(busVolts ?? 0)} V; the plant disconnects at ${shown(s.disconnectVolts)} V`;
    alarms.push(alarm("dc-low", "critical", text));
  }
  return alarms;
}
