import { oncePer } from "../library/once-per.ts";
import type { Observation } from "../sample.ts";
import { contacts } from "./parts.ts";

/** The zones of a device: what follows `zone:` in its tags. */
export const zonesOf = oncePer((tags: readonly string[]): readonly string[] =>
  tags.flatMap((tag) => /(?:^|\/)zone:(.+)$/.exec(tag)?.[1] ?? []),
);

/** Whether a leak is seen, by zone: a contact that does not answer says nothing against another that does. */
export function leaksByZone(
  all: readonly Observation<string>[],
  wiring: "NC" | "NO",
): Readonly<Record<string, boolean | undefined>> {
  const seen = contacts(all, wiring);
  const zones: Record<string, boolean | undefined> = {};
  for (const [i, { tags }] of all.entries())
    for (const zone of zonesOf(tags)) {
      const known = zone in zones ? zones[zone] : false;
      zones[zone] = known === true || seen[i] === true ? true : seen[i] === undefined ? undefined : known;
    }
  return zones;
}
