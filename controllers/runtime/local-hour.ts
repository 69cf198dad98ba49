import type { Instant } from "../../devices/clock.ts";

/** Hours since local midnight, by the time zone of the process. */
export function localHourOf(at: Instant): number {
  const local = new Date(at);
  return local.getHours() + local.getMinutes() / 60 + local.getSeconds() / 3600;
}
