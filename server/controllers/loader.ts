import { resolve } from "node:path";
import type { Definition } from "../../controllers/contract.ts";
import { openInThreads } from "../../controllers/runtime/hosts.ts";
import { loadBundle, loadText } from "../../controllers/runtime/load.ts";
import type { Bundle } from "../../controllers/runtime/source.ts";
import type { OpenHost } from "../../controllers/runtime/version.ts";
import type { Clock } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";

/** How code comes in. */
export interface Loader {
  /** A file with everything it imports. @throws BothyError `BAD_CONFIG` with each fault and its place */
  bundle(file: string): Promise<Bundle>;
  /** A text that imports nothing but `bothy/controllers`. @param file its name, for its kind @throws BothyError `BAD_INPUT` */
  bundleText(file: string, text: string): Promise<Bundle>;
  readonly open: OpenHost;
}

export interface LoaderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly shipped: readonly Definition[];
}

/** Files of the disk, run in threads. */
export const siteLoader = ({ clock, log, shipped }: LoaderDeps): Loader => ({
  bundle: (file) => loadBundle(resolve(file)),
  bundleText: async (file, text) => {
    try {
      return await loadText(file, text);
    } catch (thrown) {
      const { params } = asBothyError(thrown, file);
      throw new BothyError("BAD_INPUT", { ...params }, { cause: thrown });
    }
  },
  open: openInThreads(shipped, { clock, log }),
});
