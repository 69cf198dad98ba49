import type { SitePhysics } from "../../simulators/physics/types.ts";

/** s after a change in which what outputs do is put down to it. */
const follows = 10;

/** How long a site takes to be normal again, and how far outputs jump when versions or modes change. */
export interface ChangeScore {
  /** s from the end of each fault until no controller is in fail-safe and the inlet is allowable. */
  readonly recovery: readonly { readonly fault: string; readonly seconds: number }[];
  /** %, largest move of an output at once within 10 s of a swap of versions, and of an entry into automatic. */
  readonly bump: { readonly swap: number; readonly automatic: number };
}

/** The last ones only, however long a simulation lasts. */
const mostListed = 1000;

/** @param commands what outputs are told */
export function createChangeWatch(commands: SitePhysics["commands"]) {
  const ended: { readonly fault: string; seconds: number; open: boolean }[] = [];
  let bump = { swap: 0, automatic: 0 };
  const since = { swap: Infinity, automatic: Infinity };
  const outputs = (): number[] => [
    ...commands.fanDuty,
    commands.damper,
    ...commands.dx.map(({ capacity }) => capacity),
  ];
  const before = outputs();
  const largest = (): number => {
    let most = 0;
    let i = 0;
    const look = (now: number): void => {
      most = Math.max(most, Math.abs(now - (before[i] ?? now)));
      before[i++] = now;
    };
    for (const duty of commands.fanDuty) look(duty);
    look(commands.damper);
    for (const { capacity } of commands.dx) look(capacity);
    return most;
  };
  return {
    changed(what: "swap" | "automatic"): void {
      since[what] = 0;
    },
    ended(fault: string): void {
      ended.push({ fault, seconds: 0, open: true });
      if (ended.length > mostListed) ended.shift();
    },
    /** @param normal no controller is in fail-safe and the inlet is allowable */
    note(normal: boolean, dt: number): void {
      for (const one of ended) {
        if (!one.open) continue;
        if (normal) one.open = false;
        else one.seconds += dt;
      }
      const moved = largest();
      for (const what of ["swap", "automatic"] as const) {
        if (since[what] <= follows) bump[what] = Math.max(bump[what], moved);
        since[what] += dt;
      }
    },
    report: (): ChangeScore => ({
      recovery: ended.map(({ fault, seconds, open }) => ({ fault, seconds: open ? Infinity : seconds })),
      bump: { ...bump },
    }),
    reset(): void {
      ended.length = 0;
      bump = { swap: 0, automatic: 0 };
    },
  };
}
