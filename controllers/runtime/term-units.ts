import type { Shape } from "./shape.ts";

/** What the terms of a loop are by their usual names, and in what. */
const ofOutput: ReadonlySet<string> = new Set(["p", "i", "d", "ff", "duty"]);

/**
 * Symbols of terms, for people: what the definition says, then what its loop, what it publishes, its outputs and its
 * settings of the same name say. Terms of which nobody says anything, such as counts, are left out.
 */
export function termUnits(
  { terms: declared = {}, loop, publishes = {}, outputs, settings }: Shape,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const properties = settings.properties as Readonly<Record<string, { readonly unit?: unknown }>>;
  const unitOf = (name: string): unknown => {
    if (Object.hasOwn(declared, name)) return declared[name];
    if (loop !== undefined) {
      if (name === loop.pv || name === loop.setpoint) return loop.unit;
      if (name === "error") return loop.unit === "°C" ? "K" : loop.unit;
      if (loop.tune !== undefined && ofOutput.has(name)) return "%";
    }
    for (const all of [publishes, outputs, properties] as readonly Readonly<
      Record<string, { unit?: unknown }>
    >[])
      if (Object.hasOwn(all, name) && all[name]?.unit !== undefined) return all[name].unit;
    return undefined;
  };
  return Object.fromEntries(
    names.flatMap((name) => {
      const unit = unitOf(name);
      return typeof unit === "string" && unit !== "" ? [[name, unit]] : [];
    }),
  );
}
