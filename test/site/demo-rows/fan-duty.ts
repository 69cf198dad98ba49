import type { Seen } from "../../support/live-rows.ts";

export const fanDuty = async ({ site }: Seen, fan: number): Promise<number> =>
  Number((await site.values(`tray-a.fan-${fan}`))["duty"]);
