import type { Client, DeviceSummary } from "../../../client/index.ts";
import { nearest } from "../../../devices/nearest.ts";
import { complain } from "../terminal.ts";
import { selectDevices } from "./look-up.ts";
import type { SelectionOptions } from "./output.ts";

/**
 * The devices a command is about. Tags are matched here, not by the server: patterns mean the same everywhere then.
 * @param words names as somebody writes them
 * @throws CannotRun, ClientError
 */
export async function devicesOf(
  client: Pick<Client, "scan">,
  words: readonly string[],
  { tag: tags = [], type }: SelectionOptions,
  options: { readonly sort?: string; readonly force?: boolean } = {},
): Promise<readonly DeviceSummary[]> {
  const all = await client.scan(options);
  const found = selectDevices(all, { words, tags, ...(type === undefined ? {} : { type }) });
  if (found.length === 0) complain(nothingFound(all, tags, type));
  return found;
}

/** Why nothing was found: a listing that is empty without a word makes one doubt the wrong thing. */
function nothingFound(
  all: readonly DeviceSummary[],
  tags: readonly string[],
  type: string | undefined,
): string {
  if (all.length === 0) return "this server has no devices";
  const types = [...new Set(all.map((device) => device.type))];
  if (type !== undefined && !types.includes(type))
    return `no device is of type ${type}; ${meant(type, types) ?? `there are ${types.sort().join(", ")}`}`;
  const known = [...new Set(all.flatMap((device) => device.tags))].map((tag) =>
    tag.replace(/^default\//, ""),
  );
  const unknown = tags
    .flatMap((one) => one.split(","))
    .find((tag) => !/[*?]/.test(tag) && !known.includes(tag));
  if (unknown !== undefined)
    return `no device has the tag ${unknown}; ${meant(unknown, known) ?? "`bothy tags` lists what there is"}`;
  return "no device meets all of that";
}

function meant(word: string, known: readonly string[]): string | undefined {
  const near = nearest(word, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}
