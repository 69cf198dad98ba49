import { Document } from "yaml";
import type { Migrated } from "./convert.ts";
import { type Note, noteText } from "./note.ts";

/** The configuration as a file for people: what they should know at its head. */
export function migratedText(config: Migrated, notes: readonly Note[], from: readonly string[]): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  const head = [
    ` Made of ${from.join(", ")} by \`bothy migrate synse\`.`,
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => ` ${noteText(note)}`)]),
  ];
  document.commentBefore = head.join("\n");
  return document.toString({ lineWidth: 110 });
}
