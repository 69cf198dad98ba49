/** What its events say, each a part. */
export interface SocketEvent {
  readonly type?: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: unknown;
  readonly message?: unknown;
}

/** The part of a WebSocket that is used; browsers' and that of `ws` have it. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: SocketEvent) => void,
  ): void;
}

/** What opens one. Browsers can send nothing of their own with it: there a log-in's cookie says who asks. */
export type SocketConstructor = new (url: string) => Socket;

type NodeSocketConstructor = new (
  url: string,
  protocols: readonly string[],
  options: { readonly headers: Readonly<Record<string, string>>; readonly perMessageDeflate: boolean },
) => Socket;

/** Opens a socket, with a token where one can be sent. */
export type OpenSocket = (url: string, token: () => Promise<string | undefined>) => Promise<Socket>;

const isNode = (): boolean =>
  (globalThis as { process?: { versions?: { node?: unknown } } }).process?.versions?.node !== undefined;

/** @param given what the caller wants to be used, which is opened as browsers open theirs */
export function socketOpener(given: SocketConstructor | undefined): OpenSocket {
  if (given === undefined && isNode()) return openInNode;
  return (url) => {
    const Constructor = given ?? (globalThis as { readonly WebSocket?: SocketConstructor }).WebSocket;
    if (Constructor === undefined) throw new TypeError("there is no WebSocket here: hand one in");
    return Promise.resolve(new Constructor(url));
  };
}

/** The name is no literal, so that bundlers for browsers do not look for it. */
const nodeModule: string = "ws";

async function openInNode(url: string, token: () => Promise<string | undefined>): Promise<Socket> {
  const { WebSocket } = (await import(nodeModule)) as { readonly WebSocket: NodeSocketConstructor };
  const bearer = await token();
  return new WebSocket(url, [], {
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    perMessageDeflate: false,
  });
}
