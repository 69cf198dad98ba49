/** A tag `[namespace/][annotation:]label` taken apart. Case matters. Synse v3 §3.1. */
export interface Tag {
  readonly namespace: string;
  /** Empty when there is none. */
  readonly annotation: string;
  readonly label: string;
}

export const defaultNamespace = "default";
const shape = /^(?:([^:/\s]+)\/)?(?:([^:/\s]+):)?([^:/\s]+)$/u;
/** What a tag looks like in a configuration, as a JSON Schema `pattern`. */
export const tagPattern = shape.source;
/** How a tag is written, for people. */
export const tagRemedy = "write `namespace/annotation:label`, e.g. `rack:r1`";

/** @returns undefined when `text` is not a tag: empty parts, spaces, or more than one `/` or `:` */
export function parseTag(text: string, namespace = defaultNamespace): Tag | undefined {
  const found = shape.exec(text.trim());
  if (found === null) return undefined;
  return { namespace: found[1] ?? namespace, annotation: found[2] ?? "", label: found[3] ?? "" };
}

/** The full text of a tag, namespace included. */
export const tagText = (tag: Tag): string =>
  `${tag.namespace}/${tag.annotation === "" ? "" : `${tag.annotation}:`}${tag.label}`;

/** A tag with its namespace written out; the text itself when it is no tag. */
export function fullTag(text: string, namespace = defaultNamespace): string {
  const tag = parseTag(text, namespace);
  return tag === undefined ? text : tagText(tag);
}

/** The tags every device has besides its configured ones, in this order. Synse v3 §3.2. */
export const generatedTags = (id: string, type: string): readonly [string, string] => [
  `system/id:${id}`,
  `system/type:${type}`,
];

/** Whether a device has every tag of at least one group. No groups: every device matches. */
export const matchesGroups = (tags: readonly string[], groups: readonly (readonly string[])[]): boolean =>
  groups.length === 0 || groups.some((group) => group.every((tag) => tags.includes(tag)));
