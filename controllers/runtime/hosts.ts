import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Definition } from "../contract.ts";
import { InlineHost } from "./inline-host.ts";
import type { Source } from "./source.ts";
import type { OpenHost } from "./version.ts";

/** @throws BothyError `BAD_CONFIG` when nothing comes with Bothy under that name */
export function shippedNamed(shipped: readonly Definition[], name: string): Definition {
  const found = shipped.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = shipped.map((one) => one.name).join(", ");
  throw new BothyError("BAD_CONFIG", {
    source: `use: ${name}`,
    fault: `no controller of that name comes with Bothy; there are: ${names || "none"}; a file begins with ./`,
  });
}

function definitionOf(source: Source, shipped: readonly Definition[]): Definition {
  if (source.kind === "definition") return source.definition;
  if (source.kind === "shipped") return shippedNamed(shipped, source.name);
  throw new BothyError("BAD_CONFIG", {
    source: source.file,
    fault: "code of one's own runs in a thread of its own only",
  });
}

/** Everything runs in this thread: for tests and simulation, where a step that never returns is a fault of the test. */
export const openHere =
  (shipped: readonly Definition[], clock: Clock): OpenHost =>
  (source, { period }) =>
    new Promise((resolve) => {
      const options = { timer: () => clock.monotonic(), ...(period === undefined ? {} : { period }) };
      resolve(new InlineHost(definitionOf(source, shipped), options));
    });
