import type { ScoreReport } from "./score-report.ts";

/** What a policy is not ranked with at all, in words. Goes before the composite, which only orders what passes. */
export function gatesOf(report: Omit<ScoreReport, "gates">): readonly string[] {
  const { compressors, alarms, safety, outage } = report;
  const late = alarms.diagnosis.filter(({ seconds, within }) => seconds > within);
  const told: readonly (readonly [failed: boolean, text: string])[] = [
    [compressors.violations > 0, `${compressors.violations} minimum times of compressors not kept`],
    [compressors.worstHour > 6, `${compressors.worstHour} starts of a compressor within an hour`],
    [alarms.missed.length > 0, `no alarm at ${alarms.missed.join(", ")}`],
    [late.length > 0, `found too late: ${late.map(({ fault }) => fault).join(", ")}`],
    [safety.smokeToFansOff > 3, `fans turned ${safety.smokeToFansOff} s after smoke`],
    [safety.interlockSeconds > 0, `heated and cooled against each other for ${safety.interlockSeconds} s`],
    [(outage.unservedByPriority["0"] ?? 0) > 0, "the most important load lost power"],
  ];
  return told.flatMap(([failed, text]) => (failed ? [text] : []));
}

/** For sorting, the better first: what fails fewer gates, then the smaller composite. */
export const compareScores = (
  a: Pick<ScoreReport, "gates" | "composite">,
  b: Pick<ScoreReport, "gates" | "composite">,
): number => a.gates.length - b.gates.length || a.composite - b.composite;

/** Energy against a reference, heat, starts and violations in one number, for regression: lower is better. */
export function compositeOf(of: {
  /** kWh of cooling over that of the reference. */
  readonly energyRatio: number;
  /** K·min above 32 °C. */
  readonly above32: number;
  readonly startsPerDay: number;
  readonly violations: number;
}): number {
  const { energyRatio, above32, startsPerDay, violations } = of;
  return energyRatio + (0.1 * above32) / 60 + 0.02 * Math.max(0, startsPerDay - 24) + 5 * violations;
}
