/** What a template of the original's device configuration may refer to. Synse v3 §7.2. */
export interface TemplateScope {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The device's context; absent where the original does not offer `ctx`. */
  readonly context?: Readonly<Record<string, string>>;
  /** `.Meta.Name`, `.Device.Type` and the like, without the leading dot; absent where they are not offered. */
  readonly fields?: Readonly<Record<string, string>>;
}

export type Rendered =
  | { readonly text: string; readonly fault?: undefined }
  | { readonly text?: undefined; readonly fault: string };

const action = /\{\{(-(?=\s))?\s*(.*?)\s*((?<=\s)-)?\}\}/gs;
const call = /^(\w+)\s+(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)$/s;
const field = /^\.(\w+(?:\.[\w-]+)*)$/;

/**
 * Fills in a template, as far as Go's language for them is used in device configurations: `{{ env "NAME" }}`,
 * `{{ ctx "key" }}` and `{{ .Device.Type }}`, with `{{-` and `-}}` eating the blanks next to them. What is not set is
 * empty. Pure.
 * @returns the text, or what cannot be understood
 */
export function renderTemplate(template: string, scope: TemplateScope): Rendered {
  let text = "";
  let end = 0;
  let eats = false;
  const literal = (piece: string): string => (eats ? piece.trimStart() : piece);
  for (const found of template.matchAll(action)) {
    const [whole, eatsBefore, inside = "", eatsAfter] = found;
    const before = literal(template.slice(end, found.index));
    const value = valueOf(inside, scope);
    if (value === undefined) return { fault: `\`${whole}\` is not understood here` };
    text += (eatsBefore === undefined ? before : before.trimEnd()) + value;
    end = found.index + whole.length;
    eats = eatsAfter !== undefined;
  }
  const rest = literal(template.slice(end));
  return rest.includes("{{") ? { fault: "a `{{` is not closed" } : { text: text + rest };
}

function valueOf(inside: string, { env, context, fields }: TemplateScope): string | undefined {
  const [, name, quoted, raw] = call.exec(inside) ?? [];
  const argument = raw ?? (quoted === undefined ? undefined : unquoted(quoted));
  if (argument !== undefined) {
    if (name === "env") return own(env, argument);
    return name === "ctx" && context !== undefined ? own(context, argument) : undefined;
  }
  const path = field.exec(inside)?.[1];
  if (path === undefined || fields === undefined) return undefined;
  if (Object.hasOwn(fields, path)) return fields[path];
  // Go prints nothing better for a key that a map lacks.
  return /^Device\.(Data|Context)\../.test(path) ? "" : undefined;
}

const own = (from: Readonly<Record<string, string | undefined>>, key: string): string =>
  (Object.hasOwn(from, key) ? from[key] : undefined) ?? "";

const unquoted = (text: string): string => text.replace(/\\(.)/gs, "$1");
