import { Worker } from "node:worker_threads";
import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Definition } from "../contract.ts";
import { InlineHost } from "./inline-host.ts";
import { workerFromSources } from "./load.ts";
import { shippedNamed } from "./shipped-named.ts";
import type { Source } from "./source.ts";
import { type StartWorker, Thread } from "./thread.ts";
import type { OpenHost } from "./version.ts";
import { WorkerHost } from "./worker-host.ts";

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

/**
 * Controllers that come with Bothy share one worker thread, everybody else's have one each; definitions in memory run
 * here.
 */
export function openInThreads(
  shipped: readonly Definition[],
  deps: { readonly clock: Clock; readonly log: Log; readonly start?: StartWorker },
): OpenHost {
  const { start = startWorker } = deps;
  const here = openHere(shipped, deps.clock);
  let shared: Thread | undefined;
  return async (source, options) => {
    if (source.kind === "definition" || options.isolation === "inline") return here(source, options);
    if (source.kind === "bundle") {
      const thread = new Thread(`controller ${options.name}`, { ...deps, start });
      return WorkerHost.open(source, options.name, thread, () => thread.close());
    }
    shippedNamed(shipped, source.name);
    const thread = (shared ??= new Thread("shipped controllers", { ...deps, start }));
    return WorkerHost.open(source, options.name, thread, async () => {
      if (!thread.empty) return;
      if (shared === thread) shared = undefined;
      await thread.close();
    });
  };
}

/** Built, it is a file; from the sources its text is made first. It sees nothing of the environment. */
const startWorker: StartWorker = async (memory) => {
  const limits = { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
  const options = { resourceLimits: limits, env: {}, execArgv: [], stdout: true, stderr: true };
  if (!import.meta.url.endsWith(".ts"))
    return new Worker(new URL("./worker-main.js", import.meta.url), options);
  const text = await workerFromSources();
  return new Worker(new URL(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`), options);
};
