import { makerName } from "./commands/makers.ts";
import { oddities } from "./oddities.ts";
import { families, quirkNames, quirks } from "./quirks.ts";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The quirks a configuration can name, as Markdown. */
export const quirkTable = (): string =>
  table(
    ["quirk", "what is done", "seen on"],
    quirkNames.map((name) => [`\`${name}\``, quirks[name].about, quirks[name].seen]),
  );

/** Which controllers get which of them by themselves. */
export const familyTable = (): string =>
  table(
    ["family", "maker", "quirks"],
    families.map(({ name, makers, quirks: needed }) => [
      name,
      makers.map((maker) => `${maker} (${makerName(maker)})`).join(", "),
      needed.map((quirk) => `\`${quirk}\``).join(", "),
    ]),
  );

/** Everything that is known to be odd somewhere, and what is made of it. */
export const oddityTable = (): string =>
  table(
    ["what", "seen on", "handled", "how"],
    oddities.map(({ what, seen, handled, how }) => [
      what,
      seen,
      handled in quirks ? `\`${handled}\`` : handled,
      how,
    ]),
  );
