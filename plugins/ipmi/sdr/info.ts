import { completionOf } from "../completion.ts";
import { deviceShelf, repositoryShelf, type Shelf, type Talk } from "./talk.ts";

/** What a BMC says about its records. */
export interface Info {
  readonly source: "repository" | "device";
  /** Where they are. */
  readonly shelves: readonly Shelf[];
  /** How many, as far as that is said; wrong on some machines. */
  readonly count?: number;
  /** The same as long as the records are. Empty when nothing of the kind is said. */
  readonly stamp: string;
}

/** Codes that say there are no records of this kind. */
const none: readonly number[] = [0xc1, 0xc2, 0xc9, 0xcb, 0xcc, 0xcd, 0xd6, 0xff];

/**
 * Asks for the repository, or for the controller's own records.
 * @returns undefined when there are none of this kind
 * @throws BothyError
 */
export async function infoOf(talk: Talk, source: "repository" | "device"): Promise<Info | undefined> {
  const shelf = source === "repository" ? repositoryShelf : deviceShelf(0);
  try {
    const answer = await talk.ask(shelf, shelf.info);
    return source === "repository" ? repositoryInfo(answer) : deviceInfo(answer);
  } catch (thrown) {
    const completion = completionOf(thrown);
    if (completion !== undefined && none.includes(completion)) return undefined;
    throw thrown;
  }
}

/** Version, records, times of the last addition and erasure; free space and abilities do not count. IPMI v2.0 §33.9. */
function repositoryInfo(answer: Buffer): Info {
  const shelves = [repositoryShelf];
  if (answer.length < 13) return { source: "repository", shelves, stamp: "" };
  const stamp = Buffer.concat([answer.subarray(0, 3), answer.subarray(5, 13)]);
  return { source: "repository", shelves, count: answer.readUInt16LE(1), stamp: stamp.toString("hex") };
}

const noTime: ReadonlySet<string> = new Set(["00000000", "ffffffff"]);

/** Whether the stamp of a repository has a time in it: then it is that of one state of one repository only. */
export const isDated = (stamp: string): boolean => {
  const [, added, erased] = /^[0-9a-f]{6}([0-9a-f]{8})([0-9a-f]{8})$/u.exec(stamp) ?? [];
  return [added, erased].some((time) => time !== undefined && !noTime.has(time));
};

/** Sensors, logical units that have some, and when they come and go a mark of the last change. IPMI v2.0 §35.2. */
function deviceInfo(answer: Buffer): Info {
  const luns = [0, 1, 2, 3].filter((lun) => ((answer[1] ?? 0) >> lun) & 1);
  const shelves = (luns.length === 0 ? [0] : luns).map(deviceShelf);
  return { source: "device", shelves, stamp: answer.length < 2 ? "" : answer.subarray(0, 6).toString("hex") };
}
