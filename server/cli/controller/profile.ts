import type { SiteProfile } from "../../../client/index.ts";
import { onServer, ownOnly } from "../client.ts";
import { localTime } from "../on-call/texts.ts";
import { plain } from "../show/width.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { type Options, reasonOf, sayUnkept } from "./run.ts";

/** The profile in force, or another one put in force. @param wanted absent: nothing is changed */
export const profile = (wanted: string | undefined, options: Options): Promise<ExitCode> =>
  onServer(options, async ({ client, target }) => {
    const { controllers } = client;
    if (wanted === undefined && options.for !== undefined) throw new CannotRun("--for needs a profile");
    const status = await (wanted === undefined
      ? ownOnly(target, "controllers", controllers.profile())
      : controllers.setProfile({
          profile: wanted,
          ...reasonOf(options),
          ...(options.for === undefined ? {} : { for: options.for }),
        }));
    if (options.json === true) printJson(status);
    else for (const line of linesOf(status)) print(plain(line));
    sayUnkept(status);
    return exit.good;
  });

function linesOf({ profile: now, profiles, until, then, by, works, rests }: SiteProfile): readonly string[] {
  if (now === undefined)
    return ["this site has no profiles: all controllers work; `profiles` in its configuration names some"];
  const ends = until === undefined ? "" : `, until ${localTime(until)}, then ${then ?? ""}`;
  const chosen = by === undefined ? "" : `; ${by.who}: ${by.why}`;
  return [
    `${now} (of ${profiles.join(", ")})${ends}${chosen}`,
    `work: ${works.join(", ") || "none"}`,
    `rest: ${rests.join(", ") || "none"}`,
  ];
}
