import type { DeviceSummary } from "../../../client/index.ts";
import { glob } from "../../../devices/glob.ts";
import { nearest } from "../../../devices/nearest.ts";
import { CannotRun } from "../terminal.ts";

/** What a device is called by people: its alias, or its id where it has none. */
export const deviceName = ({ alias, id }: Pick<DeviceSummary, "alias" | "id">): string =>
  alias === "" ? id : alias;

/** Something that has an id and a name for people. */
export interface Named {
  readonly id: string;
  readonly alias: string;
}

/**
 * Those a word can mean, by the first of these rules under which there is one: the whole id, the whole alias, the
 * beginning of an alias or id, any part of one. Case counts only for whole ones.
 */
export function candidates<T extends Named>(all: readonly T[], word: string): readonly T[] {
  const low = word.toLowerCase();
  const names = ({ id, alias }: T): readonly string[] => [id.toLowerCase(), alias.toLowerCase()];
  const rules: readonly ((one: T) => boolean)[] = [
    ({ id }) => id === word,
    ({ alias }) => alias === word,
    (one) => names(one).includes(low),
    (one) => names(one).some((name) => name.startsWith(low)),
    (one) => names(one).some((name) => name.includes(low)),
  ];
  if (word === "") return [];
  for (const rule of rules) {
    const found = all.filter(rule);
    if (found.length > 0) return found;
  }
  return [];
}

/** A pattern with `*` for anything and `?` for one character. */
export const isPattern = (word: string): boolean => /[*?]/.test(word);

const patternOf = (word: string): ((text: string) => boolean) => glob(word, { single: true, anyCase: true });

const mostListed = 12;

/**
 * The devices a word means: several only when it is a pattern.
 * @throws CannotRun when there is none, or several without it being a pattern
 */
export function lookUp(all: readonly DeviceSummary[], word: string): readonly DeviceSummary[] {
  if (isPattern(word)) {
    const fits = patternOf(word);
    const found = all.filter(({ id, alias }) => fits(alias) || fits(id));
    if (found.length > 0) return found;
    throw new CannotRun(`no device is called ${word}`);
  }
  const found = candidates(all, word);
  if (found.length === 1) return found;
  throw found.length === 0 ? nobody(all, word) : ambiguous(word, found);
}

function nobody(all: readonly DeviceSummary[], word: string): CannotRun {
  const near = nearest(word, all.map(deviceName));
  const remedy = near === undefined ? "`bothy scan` lists what there is" : `did you mean ${near}?`;
  return new CannotRun(`there is no device ${word}; ${remedy}`);
}

function ambiguous(word: string, found: readonly DeviceSummary[]): CannotRun {
  const listed = found.slice(0, mostListed).map((one) => `  ${deviceName(one)}`);
  const more = found.length > mostListed ? [`  … and ${found.length - mostListed} more`] : [];
  const every = found.every(({ alias }) => alias.toLowerCase().startsWith(word.toLowerCase()));
  const pattern = every ? `${word}*` : `*${word}*`;
  return new CannotRun(
    [
      `${word} may be any of ${found.length} devices; write more of it, or '${pattern}' for all:`,
      ...listed,
      ...more,
    ].join("\n"),
  );
}

/** Which devices a command is about. */
export interface Selected {
  /** Names, beginnings of names, ids, patterns. */
  readonly words?: readonly string[];
  /** Groups: a device must have every tag of one of them. */
  readonly tags?: readonly string[];
  readonly type?: string;
}

/**
 * The devices selected, in the order of `all`, each once. What is given narrows: words, tags and type together mean
 * devices that meet all three.
 * @param selected `tags` as on the command line: a comma is "and", several are "or"; `*` matches anything
 * @throws CannotRun when a word means no device, or none it could be told from others
 */
export function selectDevices(
  all: readonly DeviceSummary[],
  { words = [], tags = [], type }: Selected,
): readonly DeviceSummary[] {
  const named = words.length === 0 ? undefined : new Set(words.flatMap((word) => lookUp(all, word)));
  const groups = tags.map((group) => group.split(",").map((tag) => tagPattern(tag.trim())));
  const wanted = type === undefined ? undefined : patternOf(type);
  return all.filter(
    (device) =>
      (named?.has(device) ?? true) &&
      (wanted?.(device.type) ?? true) &&
      (groups.length === 0 ||
        groups.some((group) => group.every((tag) => device.tags.some((one) => tag(one))))),
  );
}

/** A tag without a namespace is one of `default`. Case counts, as it does for servers. */
const tagPattern = (tag: string): ((text: string) => boolean) =>
  glob(tag.includes("/") ? tag : `default/${tag}`, { single: true });
