import { SourceMap } from "node:module";
import { saidBy } from "../../devices/errors.ts";
import type { Bundle } from "./source.ts";

/** What stack traces call a bundle's text. */
export const sourceUrlOf = (name: string): string => `bothy-controller:${name}`;
const frame = /bothy-controller:[^\s:]*:(\d+):(\d+)/g;

/** Finds where in a controller's own files an error came from. */
export function placesOf({ map }: Pick<Bundle, "map">): (error: Error) => string {
  let parsed: SourceMap | undefined;
  return (error) => {
    const said = saidBy(error);
    try {
      parsed ??= new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
      const place = firstPlace(parsed, error.stack ?? "");
      return place === undefined ? said : `${said} (${place})`;
    } catch {
      return said;
    }
  };
}

/** The innermost place in files of one's own; of libraries when there is none. */
function firstPlace(map: SourceMap, stack: string): string | undefined {
  let ofLibrary: string | undefined;
  for (const [, line, column] of stack.matchAll(frame)) {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in entry)) continue;
    const { originalSource, originalLine, originalColumn } = entry;
    const place = `${originalSource}:${originalLine + 1}:${originalColumn + 1}`;
    if (!/node_modules|^\.\.\/.*controllers\/(library|index|contract|select|settings)/.test(originalSource))
      return place;
    ofLibrary ??= place;
  }
  return ofLibrary;
}
