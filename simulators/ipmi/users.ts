/** What somebody may do. IPMI v2.0 §6.8. */
export const level = { callback: 1, user: 2, operator: 3, administrator: 4 } as const;
export type LevelName = keyof typeof level;

/** A slot of the user table. */
export interface Account {
  readonly id: number;
  name: string;
  /** At most 20 bytes. */
  password: Buffer;
  enabled: boolean;
  /** Highest level, 1..5; 15: no access over this channel. */
  limit: number;
  callbackOnly: boolean;
  linkAuthentication: boolean;
  messaging: boolean;
}

export interface UserOptions {
  readonly name: string;
  readonly password: string;
  readonly level?: LevelName;
  readonly enabled?: boolean;
}

export interface Users {
  /** Number of slots; ids run from 1 to it. */
  readonly size: number;
  get(id: number): Account | undefined;
  /** An enabled account of that name; with `limit` only one of exactly that limit. */
  find(name: Uint8Array, limit?: number): Account | undefined;
  enabled(): number;
}

const size = 10;
const noAccess = 15;

export const defaultUsers: readonly UserOptions[] = [
  { name: "admin", password: "admin-pass" },
  { name: "operator", password: "oper-pass", level: "operator" },
  { name: "monitor", password: "moni-pass", level: "user" },
];

/** Slot 1 is the nameless user, switched off; those given follow from slot 2. */
export function createUsers(given: readonly UserOptions[]): Users {
  const accounts = Array.from({ length: size }, (_, i): Account => {
    const user = given[i - 1];
    return {
      id: i + 1,
      name: user?.name ?? "",
      password: Buffer.from(user?.password ?? "", "utf8"),
      enabled: user !== undefined && user.enabled !== false,
      limit: user === undefined ? noAccess : level[user.level ?? "administrator"],
      callbackOnly: false,
      linkAuthentication: false,
      messaging: user !== undefined,
    };
  });
  return {
    size,
    get: (id) => accounts[id - 1],
    find(name, limit) {
      const wanted = Buffer.from(name).toString("latin1");
      return accounts.find(
        (one) =>
          one.enabled && one.limit !== noAccess && one.name === wanted && (limit ?? one.limit) === one.limit,
      );
    },
    enabled: () => accounts.filter((one) => one.enabled).length,
  };
}
