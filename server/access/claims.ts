import { parseScope, type Role, roles, type Scope } from "./principal.ts";
import type { JwtSection } from "./schema.ts";

/** Who the claims of a token say it is. */
export interface Claimed {
  readonly name: string;
  readonly role: Role;
  readonly scope?: Scope;
}

type Claims = Readonly<Record<string, unknown>>;

const longestName = 200;

/** The claim itself, or with dots: what is inside. Names of claims may hold dots and be addresses. */
function claim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Claims)[key];
  }
  return value;
}

/** A text or a list of texts. */
function textsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((one): one is string => typeof one === "string") ? list : undefined;
}

/**
 * Who verified claims say somebody is. Pure.
 * @returns a text when they do not say it, saying what is missing
 */
export function claimed(claims: Claims, section: JwtSection): Claimed | string {
  const { nameClaim = "sub", roleClaim = "role", scopeClaim } = section;
  const name = claim(claims, nameClaim);
  if (typeof name !== "string" || name === "") return `the claim ${nameClaim} does not say who it is`;
  const role = roleOf(claim(claims, roleClaim), section.roles);
  if (role === undefined) return `the claim ${roleClaim} names no role of this site`;
  const who = { name: name.slice(0, longestName), role };
  if (scopeClaim === undefined) return who;
  const groups = textsOf(claim(claims, scopeClaim));
  if (groups === undefined || groups.length === 0) return `the claim ${scopeClaim} names no tags`;
  try {
    return { ...who, scope: parseScope(groups) };
  } catch {
    return `the claim ${scopeClaim} holds something that is no tag`;
  }
}

function roleOf(value: unknown, named: JwtSection["roles"]): Role | undefined {
  const given = textsOf(value) ?? [];
  const known = given.flatMap((text) => {
    if (named !== undefined) return Object.hasOwn(named, text) ? [named[text]] : [];
    return roles.filter((role) => role === text);
  });
  return roles.findLast((role) => known.includes(role));
}
