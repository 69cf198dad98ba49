/** Who logs in everywhere here. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

export const account: Account = { user: "admin", password: "admin-pass" };
