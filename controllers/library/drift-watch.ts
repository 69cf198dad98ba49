import { type Static, Type } from "typebox";
import { kelvin } from "../settings.ts";
import { median } from "./filter.ts";

/** Probes that drift, found by how far each is from the others. */
export const driftSettings = Type.Object({
  driftMost: kelvin({
    default: 1.2,
    maximum: 20,
    description:
      "A probe that has slowly moved so far from where it was among the others drifts: it is told, and still used. 0: not watched.",
  }),
});
export type DriftSettings = Static<typeof driftSettings>;

/** Of one probe against the middle of the others. JSON. */
interface Compared {
  /** s for which both were there; no more than it takes to know it. */
  readonly seen: number;
  /** K above the middle of the others: as it is known, and over the last hours. */
  readonly usual: number;
  readonly recent: number;
  readonly drifts: boolean;
}

export type DriftState = Readonly<Record<string, Compared>>;

export interface Drift {
  readonly name: string;
  /** K that it has moved up against the others. */
  readonly by: number;
}

const hour = 3600;
const day = 24 * hour;
/** s of a mean that rates of fans and hours of the day do not move. */
const recently = 6 * hour;
/** s after which it is known where a probe is, and in which what is known follows: seasons move probes, too. */
const learns = day;
const follows = 14 * day;
/** Others seem to move by half of what one of three does: they are not those that drift. */
const echo = 2 / 3;

/**
 * One step. Pure. Of three probes or more it finds the one that moved; of two, that they moved apart: it names both.
 * @param probes those that are believed, °C
 * @param dt seconds since the step before
 * @returns those that drift
 */
export function driftStep(
  before: DriftState,
  probes: readonly { readonly name: string; readonly value: number | undefined }[],
  { driftMost }: DriftSettings,
  dt: number,
): { readonly state: DriftState; readonly drifts: readonly Drift[] } {
  if (driftMost === 0) return { state: {}, drifts: [] };
  const state: Record<string, Compared> = {};
  let largest = 0;
  for (const { name, value } of probes) {
    const known = before[name] ?? { seen: 0, usual: 0, recent: 0, drifts: false };
    const middle = median(probes.flatMap((one) => (one.name === name ? [] : (one.value ?? []))));
    const next = value === undefined || middle === undefined ? known : compared(known, value - middle, dt);
    if (next.seen > 0) state[name] = next;
    largest = Math.max(largest, Math.abs(movedBy(next)));
  }
  const drifts: Drift[] = [];
  for (const [name, one] of Object.entries(state)) {
    const by = movedBy(one);
    const most = one.drifts ? driftMost / 2 : driftMost;
    const isOne = Math.abs(by) > Math.max(most, echo * largest);
    if (isOne !== one.drifts) state[name] = { ...one, drifts: isOne };
    if (isOne) drifts.push({ name, by });
  }
  return { state, drifts };
}

const movedBy = ({ seen, usual, recent }: Compared): number => (seen < learns ? 0 : recent - usual);

/** While it drifts nothing is learnt: it would soon be the usual. */
function compared({ seen, usual, recent, drifts }: Compared, offset: number, dt: number): Compared {
  const spent = Math.min(seen + dt, learns);
  const share = spent < learns ? dt / spent : drifts ? 0 : dt / follows;
  return {
    seen: spent,
    usual: usual + (offset - usual) * share,
    recent: recent + (offset - recent) * Math.min(1, dt / Math.min(spent, recently)),
    drifts,
  };
}
