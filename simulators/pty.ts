import { closeSync, lstatSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { Wire } from "./wire.ts";

export interface Pty extends Wire {
  /** What a client opens: the symbolic link when one was asked for, else the terminal's own path. */
  readonly path: string;
}

/** This system has no pseudo-terminals, or gives none now. */
export class NoPtyError extends Error {
  constructor(why: string) {
    super(`no pseudo-terminals here: ${why}`);
    this.name = "NoPtyError";
  }
}

interface Opened {
  readonly master: number;
  readonly slave: number;
  readonly path: string;
}

/** Bytes a `struct termios` takes at most; Linux needs 60, Darwin 72. */
const termiosBytes = 256;
const pathBytes = 256;
const setNow = 0;
/** Bytes held for a client that does not read; more are lost, as in an UART that overruns. */
const unreadLimit = 16_384;

type Native = (...parameters: readonly unknown[]) => number;
type Loader = (symbol: string, prototype: string) => Native;

/** Loaded only when a pseudo-terminal is wanted: where the package has no binary, only this fails. */
async function openLibc(): Promise<Loader> {
  const { default: koffi } = await import("koffi").catch((error: unknown) => {
    throw new NoPtyError(String(error));
  });
  return (symbol, prototype) => {
    for (const name of libc) {
      try {
        return koffi.load(name).func(prototype) as Native;
      } catch {
        continue; // not in this library: the next one may have it
      }
    }
    throw new NoPtyError(`${symbol} was found in none of ${libc.join(", ")}`);
  };
}

const libc =
  process.platform === "darwin"
    ? ["libSystem.dylib"]
    : ["libc.so.6", "libutil.so.1", "libc.so", "libc.musl-x86_64.so.1"];

async function openPair(): Promise<Opened> {
  const load = await openLibc();
  const openpty = load("openpty", "int openpty(_Out_ int *m, _Out_ int *s, void *name, void *t, void *w)");
  const getattr = load("tcgetattr", "int tcgetattr(int fd, void *t)");
  const makeRaw = load("cfmakeraw", "void cfmakeraw(void *t)");
  const setattr = load("tcsetattr", "int tcsetattr(int fd, int when, void *t)");
  const master = [0];
  const slave = [0];
  const name = Buffer.alloc(pathBytes);
  if (openpty(master, slave, name, null, null) !== 0) throw new NoPtyError("openpty failed");
  const pair = {
    master: master[0] ?? -1,
    slave: slave[0] ?? -1,
    path: name.toString("latin1", 0, name.indexOf(0)),
  };
  const termios = Buffer.alloc(termiosBytes);
  getattr(pair.slave, termios);
  makeRaw(termios);
  setattr(pair.slave, setNow, termios);
  return pair;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Replaces a link a former run left behind, but nothing else. */
function linkTo(target: string, link: string): void {
  if (isLink(link)) unlinkSync(link);
  symlinkSync(target, link);
}

/**
 * Opens a pseudo-terminal in raw mode and answers on its master side. The other side stays open here as well, so
 * a client may close and open it again without ending the wire.
 * @param link path of a symbolic link to make, so that the name stays the same from run to run
 * @throws NoPtyError where the system has no pseudo-terminals
 * @throws Error of the system when the link cannot be made
 */
export async function openPty(options: { readonly link?: string } = {}): Promise<Pty> {
  const pair = await openPair();
  const { link } = options;
  try {
    if (link !== undefined) linkTo(pair.path, link);
  } catch (error) {
    closeSync(pair.master);
    closeSync(pair.slave);
    throw error;
  }
  const stream = new ReadStream(pair.master);
  const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  stream.on("error", () => stream.destroy());
  let open = true;
  const release = (): void => {
    if (!open) return;
    open = false;
    closeSync(pair.slave);
    if (link !== undefined && isLink(link) && readlinkSync(link) === pair.path) unlinkSync(link);
  };
  stream.once("close", release);
  return {
    path: link ?? pair.path,
    write(bytes) {
      if (open && stream.writableLength < unreadLimit) stream.write(bytes);
    },
    onData(listener) {
      stream.removeAllListeners("data");
      stream.on("data", (bytes: Buffer) => listener(bytes));
    },
    close() {
      stream.destroy();
      return closed;
    },
    closed,
  };
}
