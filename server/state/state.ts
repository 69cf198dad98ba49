import { stat } from "node:fs/promises";
import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import { DiskKeeper, type Found } from "./disk-keeper.ts";
import { DiskError, isWritable, openDisk, readCopy, setAside } from "./disk.ts";

/** A keeper that must be closed. */
export interface State extends Keeper {
  /** Keeps everything given so far, then lets the folder go. Seconds at the most; any number of times. */
  close(): Promise<void>;
}

interface StateDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens the folder of a site. Whatever is wrong with it the site can start, knowing less; only not when another program
 * uses it: two would tell the same hardware different things.
 * @throws BothyError `BAD_CONFIG` when another program uses it
 */
export async function openState(folder: string, deps: StateDeps): Promise<State> {
  const { log } = deps;
  const found = await find(folder, deps);
  let unread = found.unread;
  const reopen = async (): ReturnType<typeof openOrSetAside> => {
    const aside = unread ? await setAside(folder, "unread", deps.clock.now()) : undefined;
    unread = false;
    if (aside !== undefined) log.warn({ aside }, "what was kept could not be read in time; it was set aside");
    return await openOrSetAside(folder, deps);
  };
  if (found.disk !== undefined) await warnOfOthers(folder, log);
  return new DiskKeeper({ ...deps, folder, reopen }, found);
}

async function find(folder: string, deps: StateDeps): Promise<Found & { readonly unread: boolean }> {
  try {
    return { ...(await openOrSetAside(folder, deps)), unread: false };
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.kind === "locked") throw inUse(folder, error);
    const records = await readCopy(folder);
    return { records: records ?? new Map(), fault: error.message, unread: records === undefined };
  }
}

/** Opens the store; one that nobody can read, or only a newer program, is set aside, and a new one made. @throws DiskError */
async function openOrSetAside(folder: string, { clock, log }: StateDeps): ReturnType<typeof openDisk> {
  try {
    const opened = await openDisk(folder);
    if (opened.lost !== undefined)
      log.error({ folder, lost: opened.lost }, "what was kept is damaged; what could be read of it is used");
    return opened;
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.kind === "newer") return await startAfresh(folder, error, { clock, log });
    if (!(await isDamaged(folder, error))) throw error;
    const aside = await setAside(folder, "damaged", clock.now());
    const lost = `everything: it could not be read (${error.message}) and was set aside as ${aside ?? "nothing"}`;
    log.error(
      { folder, aside, fault: error.message },
      "what was kept is damaged and cannot be read; it was set aside, and the site starts without it",
    );
    return { ...(await openDisk(folder)), lost };
  }
}

/** What a newer program kept is for that one: taken for what it was to this one, it might be commanded to hardware. */
async function startAfresh(
  folder: string,
  { message }: DiskError,
  { clock, log }: StateDeps,
): ReturnType<typeof openDisk> {
  const aside = await setAside(folder, "newer", clock.now());
  const lost = `everything: a newer version of this program kept it (${message}); it was set aside as ${aside ?? "nothing"}`;
  log.error(
    { folder, aside, fault: message },
    "what was kept is of a newer version of this program; it was set aside, and the site starts without it. " +
      "That version takes it again once it is renamed to `store`",
  );
  return { ...(await openDisk(folder)), lost };
}

/** Whether an error is the store's own: then waiting for the disk to get better is of no use. */
const isDamaged = async (folder: string, { kind, message }: DiskError): Promise<boolean> =>
  kind === "damaged" ||
  (kind === "unusable" && !/permission|permitted/i.test(message) && (await isWritable(folder)));

const inUse = (folder: string, cause: DiskError): BothyError =>
  new BothyError(
    "BAD_CONFIG",
    {
      source: `the state folder ${folder}`,
      fault:
        "another program uses it, so this site seems to be running already; stop that one first, " +
        "or give this one a folder of its own: `state: { folder: … }`",
    },
    { cause },
  );

/** Tokens and names of people are in it, too. */
async function warnOfOthers(folder: string, log: Log): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o077) !== 0)
    log.warn(
      { folder, mode: (mode & 0o777).toString(8) },
      "others may look into the state folder: chmod 700, or StateDirectoryMode=0700",
    );
}
