import { BothyError } from "../../devices/errors.ts";
import type { ControllerStatus } from "../runtime/api.ts";
import type { Source } from "../runtime/source.ts";
import { shippedId } from "../trace/recorder.ts";
import type { Version, VersionId, VersionStore } from "./store.ts";

/** A controller that comes with Bothy. */
export interface Shipped {
  readonly name: string;
  readonly version: string;
}

/** Which versions there are: those that come with Bothy, and those that are kept. */
export interface Catalog {
  /** The version a name of the configuration means. */
  shippedId(name: string): VersionId;
  /** What it is loaded from. @throws BothyError `NOT_FOUND` */
  sourceOf(controller: string, id: VersionId): Source;
  /** Those that come with Bothy and are of the kinds this controller has been, then those that are kept, the newest first. */
  list(controller: string, definition: ControllerStatus["definition"]): readonly Version[];
  /**
   * The version a word means: its id, the beginning of one, or its number when only one of a controller's has it.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` when it means several
   */
  meant(controller: string, definition: ControllerStatus["definition"], word: string): VersionId;
}

export function createCatalog(store: VersionStore, shipped: readonly Shipped[]): Catalog {
  const shippedFor: Catalog["list"] = (controller, definition) => {
    const been = new Set(store.history(controller).map(({ id }) => id));
    return shipped
      .filter((one) => one.name === definition?.name || been.has(shippedId(one)))
      .map(({ name, version }) => ({
        ...{ id: shippedId({ name, version }), name, version, kind: "shipped" as const, added: 0 },
        by: { who: "Bothy", why: "it comes with it" },
      }));
  };
  const list: Catalog["list"] = (controller, definition) => [
    ...shippedFor(controller, definition),
    ...store.list(controller),
  ];
  return {
    list,
    shippedId: (name) => shippedId(shipped.find((one) => one.name === name) ?? { name, version: "" }),
    sourceOf(controller, id) {
      const found = shipped.find((one) => shippedId(one) === id);
      return found === undefined ? store.bundle(controller, id) : { kind: "shipped", name: found.name };
    },
    meant(controller, definition, word) {
      const versions = list(controller, definition);
      const known = [...versions.map(({ id }) => id), ...shipped.map(shippedId)];
      if (known.includes(word)) return word;
      const byNumber = versions.filter(({ version }) => version === word).map(({ id }) => id);
      const found = new Set(
        byNumber.length > 0 ? byNumber : known.filter((id) => word.length >= 4 && id.startsWith(word)),
      );
      const [id, ...others] = found;
      const source = `version ${word} of ${controller}`;
      if (id === undefined) throw new BothyError("NOT_FOUND", { source });
      if (others.length === 0) return id;
      const fault = `it may be any of ${[...found].map(shortId).join(", ")}`;
      throw new BothyError("BAD_INPUT", { source, fault });
    },
  };
}

/** For people. */
export const shortId = (id: VersionId): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);
