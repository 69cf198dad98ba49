import type { Alarm } from "../contract.ts";
import { oncePer } from "../library/once-per.ts";
import type { OwnShedding } from "../library/shedding.ts";
import type { Applied } from "../sample.ts";
import { alarm } from "./parts.ts";

interface Kind {
  readonly key: keyof OwnShedding;
  readonly least: number;
  readonly most: number;
  readonly unit: string;
  /** So many of the library's unit is one of the tag's. */
  readonly scale: number;
}

/** Tags of an outlet that say for it alone what the settings say for all. */
const kinds: Readonly<Record<string, Kind>> = {
  "shed-at-soc": { key: "charge", least: 0, most: 100, unit: "%", scale: 1 },
  "shed-at-minutes": { key: "autonomy", least: 0, most: 1440, unit: "min", scale: 60 },
  "shed-at-temperature": { key: "temperature", least: 25, most: 70, unit: "°C", scale: 1 },
  "restore-delay": { key: "restoreDelay", least: 0, most: 86_400, unit: "s", scale: 1 },
  grace: { key: "grace", least: 0, most: 3600, unit: "s", scale: 1 },
};
const tagPattern = new RegExp(`(?:^|/)(${Object.keys(kinds).join("|")}):(.*)$`);

interface Said {
  readonly own: OwnShedding | undefined;
  readonly wrong: readonly { readonly tag: string; readonly kind: Kind }[];
}

const saidBy = oncePer((tags: readonly string[]): Said => {
  const own: { -readonly [K in keyof OwnShedding]: number } = {};
  const wrong: { tag: string; kind: Kind }[] = [];
  for (const tag of tags) {
    const [, name = "", text = ""] = tagPattern.exec(tag) ?? [];
    const kind = kinds[name];
    if (kind === undefined) continue;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= kind.least && value <= kind.most) own[kind.key] = value * kind.scale;
    else wrong.push({ tag: `${name}:${text}`, kind });
  }
  return { own: Object.keys(own).length === 0 ? undefined : own, wrong };
});

/** What an outlet's tags say of its shedding; undefined: nothing. */
export const ownShedding = ({ tags }: Applied): OwnShedding | undefined => saidBy(tags).own;

/** Tags that say no such thing: the settings apply. */
export const loadTagAlarms = (targets: readonly Applied[]): readonly Alarm[] =>
  targets.flatMap(({ name, tags, device }) =>
    saidBy(tags).wrong.map(({ tag, kind: { least, most, unit } }) => {
      const text = `the tag ${tag} of ${name} is nothing from ${least} to ${most} ${unit}: the settings apply`;
      return alarm(`load-tag:${name}:${tag.slice(0, tag.indexOf(":"))}`, "notice", text, device);
    }),
  );
