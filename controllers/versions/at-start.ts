import type { Clock } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By } from "../runtime/api.ts";
import type { Bundle, Source } from "../runtime/source.ts";
import { takenBack } from "../runtime/succession.ts";
import { type Catalog, shortId } from "./catalog.ts";
import { isLeft } from "./probations.ts";
import type { InForce, VersionId, VersionStore } from "./store.ts";

/** A program that starts so often within a probation does so because of what is on probation. */
const mostStarts = 3;

export interface StartDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: VersionStore;
  readonly catalog: Catalog;
}

/**
 * What a controller begins with: what was put in force last, unless the configuration has named something else since, or
 * the program did not survive it. Never throws: what cannot be had is told, and the configured one takes its place.
 */
export function sourceAtStart(controller: string, configured: Source, deps: StartDeps): Source {
  if (configured.kind === "definition") return configured;
  const { store, catalog, log } = deps;
  const id = configured.kind === "bundle" ? configured.hash : catalog.shippedId(configured.name);
  const by: By = { who: "configuration", why: "it names this version" };
  const before = store.inForce(controller);
  try {
    if (configured.kind === "bundle") keep(controller, configured, by, deps);
    if (before?.configured !== id) {
      store.put(controller, "configured", { id, configured: id, by });
      return configured;
    }
    const survived = survivedBy(controller, before, deps);
    return survived === id ? configured : catalog.sourceOf(controller, survived);
  } catch (error) {
    log.error(
      { error, controller },
      "the version put in force last cannot be had; the configured one is in force",
    );
    return configured;
  }
}

/** What was in force last, for when the configured one cannot be read. Undefined: nothing was. Never throws. */
export function lastInForce(
  controller: string,
  { store, catalog, log }: Omit<StartDeps, "clock">,
): Source | undefined {
  const before = store.inForce(controller);
  if (before === undefined) return undefined;
  try {
    return catalog.sourceOf(controller, before.id);
  } catch (error) {
    log.error({ error, controller }, "the version that was in force last cannot be had");
    return undefined;
  }
}

function keep(controller: string, bundle: Bundle, by: By, { store, log }: StartDeps): void {
  if (store.list(controller).some(({ id }) => id === bundle.hash)) return;
  try {
    // Its name and version are known once it was loaded; until then its file says enough.
    store.add(controller, bundle, { name: bundle.file, version: "" }, by);
  } catch (error) {
    const { message } = asBothyError(error, `a version of ${controller}`);
    log.error(
      { controller, file: bundle.file },
      `it is in force, but cannot be gone back to later: ${message}`,
    );
  }
}

/** One that was on probation when the program ended, again and again, is not put in force again. */
function survivedBy(controller: string, before: InForce, { store, clock, catalog }: StartDeps): VersionId {
  const { probation, starts = 0 } = before;
  if (!isLeft(probation, clock)) return before.id;
  if (starts + 1 < mostStarts) {
    store.amend(controller, (known) => ({ ...known, starts: starts + 1 }));
    return before.id;
  }
  const by: By = {
    who: "runtime",
    why: `the program started ${mostStarts} times while it was on probation`,
  };
  const known = catalog.list(controller, undefined);
  const called = (id: VersionId): string => {
    const found = known.find((one) => one.id === id);
    return found === undefined ? shortId(id) : `${found.name} ${found.version}`;
  };
  store.put(controller, "rolled back", {
    ...{ id: probation.previous, configured: before.configured, by },
    untold: takenBack(called(before.id), called(probation.previous), by.why),
  });
  return probation.previous;
}
