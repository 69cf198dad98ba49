/** Longer texts about a plugin or a device say nothing to people. */
const longest = 1024;

/** One line of a text somebody else wrote, of bounded length, without what a terminal would obey. */
export const oneLine = (text: string, limit = longest): string =>
  text
    .slice(0, limit)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, " ")
    .trim();

/** The same for every entry of a map. */
export const plainMap = (map: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value.slice(0, longest)]));
