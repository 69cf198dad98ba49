import type { Socket } from "node:net";
import { type PeerCertificate, TLSSocket } from "node:tls";
import { parseScope, type Role, type Scope } from "./principal.ts";
import type { ClientsSection } from "./schema.ts";

/** Who the owner of a certificate is. */
export interface CertificateHolder {
  readonly name: string;
  readonly role: Role;
  readonly scope?: Scope;
}

/** The names in a certificate: the alternative ones, and the common name only when there are none. RFC 6125 §6.4.4. */
export function namesIn({
  subject,
  subjectaltname,
}: Pick<PeerCertificate, "subject" | "subjectaltname">): readonly string[] {
  const alternative = (subjectaltname ?? "")
    // Values with commas in them are quoted; nobody is called that here.
    .split(", ")
    .flatMap((entry) => /^(?:DNS|email|URI):([^"]+)$/.exec(entry)?.[1] ?? []);
  if (alternative.length > 0) return alternative;
  const { CN: common } = subject as { readonly CN?: string | string[] };
  return common === undefined ? [] : [common].flat();
}

/** Who the owners of client certificates are. What a socket showed never changes, so it is looked at once. */
export class Certificates {
  readonly #clients: ReadonlyMap<string, CertificateHolder>;
  readonly #known = new WeakMap<Socket, CertificateHolder | string>();

  constructor(clients: ClientsSection) {
    this.#clients = new Map(
      Object.entries(clients).map(([name, { role, scope }]) => [
        name.toLowerCase(),
        { name, role, ...(scope === undefined ? {} : { scope: parseScope(scope) }) },
      ]),
    );
  }

  /** Whose certificate a connection showed; a text when it is nobody's, undefined when it showed none. */
  holder(socket: Socket): CertificateHolder | string | undefined {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const found = socket instanceof TLSSocket ? this.#look(socket) : undefined;
    if (found !== undefined) this.#known.set(socket, found);
    return found;
  }

  #look(socket: TLSSocket): CertificateHolder | string | undefined {
    const shown = socket.getPeerCertificate();
    // An empty object stands for none.
    if (Object.keys(shown).length === 0) return undefined;
    if (!socket.authorized) {
      const { authorizationError: why } = socket as { readonly authorizationError?: unknown };
      return `the client certificate is not good (${why instanceof Error ? why.message : String(why)})`;
    }
    const names = namesIn(shown);
    const found = names.map((name) => this.#clients.get(name.toLowerCase())).find((one) => one !== undefined);
    return (
      found ?? `the client certificate of ${names.join(", ") || "nobody"} is not among access.certificates`
    );
  }
}
