/** The part of a WebSocket that is used; browsers' and that of `ws` have it. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: never) => void): void;
}

/** What opens one. The third parameter is for those that can send headers; browsers cannot and have only two. */
export type SocketConstructor = new (url: string, protocols?: string | string[]) => Socket;

type NodeSocketConstructor = new (
  url: string,
  protocols: readonly string[],
  options: { readonly headers: Readonly<Record<string, string>>; readonly perMessageDeflate: boolean },
) => Socket;

/** Opens a socket with a token. */
export type OpenSocket = (url: string, token: string | undefined) => Promise<Socket>;

const isNode = (): boolean =>
  (globalThis as { process?: { versions?: { node?: unknown } } }).process?.versions?.node !== undefined;

/** @param given what the caller wants to be used, which is opened as browsers open theirs */
export function socketOpener(given: SocketConstructor | undefined): OpenSocket {
  if (given === undefined && isNode()) return openInNode;
  return (url, token) => {
    const Socket = given ?? (globalThis as { readonly WebSocket?: SocketConstructor }).WebSocket;
    if (Socket === undefined) throw new TypeError("there is no WebSocket here: hand one in");
    return Promise.resolve(new Socket(url, token === undefined ? [] : tokenProtocols(token)));
  };
}

/** The name is no literal, so that bundlers for browsers do not look for it. */
const nodeModule: string = "ws";

async function openInNode(url: string, token: string | undefined): Promise<Socket> {
  const { WebSocket } = (await import(nodeModule)) as { readonly WebSocket: NodeSocketConstructor };
  return new WebSocket(url, [], {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
}

/** Browsers let a page send nothing else with a WebSocket: the token goes as a subprotocol. */
const tokenProtocols = (token: string): string[] => ["bothy", `bearer.${token}`];
