import { type Static, Type } from "typebox";
import { durationPattern } from "../../devices/duration.ts";
import { roles } from "./principal.ts";

const closed = { additionalProperties: false } as const;

const tlsSection = Type.Object(
  {
    cert: Type.String({ minLength: 1, description: "File with the certificate and its chain, PEM." }),
    key: Type.String({ minLength: 1, description: "File with its private key, PEM." }),
    clientCa: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "File with the authorities whose client certificates are accepted, PEM. `access.certificates` says who they are.",
      }),
    ),
    clientsOnly: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether a connection without a certificate of `clientCa` is closed at once.",
      }),
    ),
  },
  {
    ...closed,
    description:
      "HTTPS instead of HTTP. The files are read again when they change; a faulty one changes nothing.",
  },
);

const perSecond = (value: number, description: string) =>
  Type.Optional(Type.Number({ default: value, exclusiveMinimum: 0, maximum: 1_000_000, description }));
const count = (value: number, description: string) =>
  Type.Optional(Type.Integer({ default: value, minimum: 1, maximum: 1_000_000, description }));

const limitsSection = Type.Object(
  {
    requestsPerSecond: perSecond(
      1000,
      "How often one who said who they are may ask, on the average. Twice as many at once.",
    ),
    strangersPerSecond: perSecond(50, "The same for one address that did not say who asks."),
    failuresPerMinute: perSecond(
      10,
      "How many wrong credentials one address may try, on the average. Good ones are taken all the same.",
    ),
    connections: count(4096, "How many connections there may be at once."),
    connectionsPerAddress: count(
      512,
      "How many of them from one address; this machine and trusted proxies may have all.",
    ),
    unreadFor: Type.Optional(
      Type.String({
        pattern: durationPattern,
        default: "2m",
        description: "After how long a connection is closed whose client takes nothing of what it asked for.",
      }),
    ),
  },
  {
    ...closed,
    description:
      "What nobody needs more of. On a site that asks nobody who they are, only connections count.",
  },
);

/** What `http` has for being reached from other machines. */
export const beyondLoopback = {
  tls: Type.Optional(tlsSection),
  behindProxy: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description:
        "Addresses and networks of reverse proxies that speak TLS to others and plain HTTP to the site. What they say in `X-Forwarded-For`, `-Proto` and `-Host` is believed; without `tls`, nobody else but this machine may connect. Also: `--behind-proxy`.",
      examples: [["127.0.0.1", "10.0.3.0/24"]],
    }),
  ),
  limits: Type.Optional(limitsSection),
};

const role = Type.Enum([...roles], { description: "What they may do." });
const scope = Type.Array(Type.String({ minLength: 1 }), {
  minItems: 1,
  description:
    "Only devices with all tags of one of these groups, each written comma-joined: `rack:r1,zone:cold`. Default: all devices.",
});

/** What a token of an issuer may be signed with. Nothing that is no signature. RFC 8725 §3.1. */
export const publicAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
] as const;
export const secretAlgorithms = ["HS256", "HS384", "HS512"] as const;

const jwtSection = Type.Object(
  {
    issuer: Type.String({
      minLength: 1,
      description: "The `iss` of its tokens, e.g. `https://login.example`.",
    }),
    audience: Type.String({ minLength: 1, description: "The `aud` its tokens must have: this site." }),
    jwks: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Where its keys are: an `https:` address (`http:` on this machine) or a file. Default: what `/.well-known/openid-configuration` of the issuer says.",
      }),
    ),
    secretFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: "File with a secret shared with the issuer, at least 32 bytes, instead of `jwks`.",
      }),
    ),
    algorithms: Type.Optional(
      Type.Array(Type.Enum([...publicAlgorithms, ...secretAlgorithms]), {
        minItems: 1,
        description:
          "What its tokens may be signed with. Default: all with a public key; `HS256` with `secretFile`.",
      }),
    ),
    nameClaim: Type.Optional(
      Type.String({ default: "sub", minLength: 1, description: "The claim that says who it is." }),
    ),
    roleClaim: Type.Optional(
      Type.String({
        default: "role",
        minLength: 1,
        description:
          "The claim that says what they may do, a text or a list of texts; dots lead inwards: `realm_access.roles`. Of several the one that may most counts.",
      }),
    ),
    roles: Type.Optional(
      Type.Record(Type.String(), Type.Enum([...roles]), {
        description: "Which of its values is which role, e.g. `{ noc: operator }`. Default: our own names.",
      }),
    ),
    scopeClaim: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The claim that limits them to devices, a group of tags or a list of groups; a token without it is then refused. Default: no limit.",
      }),
    ),
  },
  { ...closed, description: "Tokens of an OpenID Connect issuer, or other JWT." },
);

export const accessSection = Type.Object(
  {
    tokens: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The file `bothy token` keeps tokens in, hashed. Default: `tokens.json` in `state.folder`.",
      }),
    ),
    jwt: Type.Optional(jwtSection),
    certificates: Type.Optional(
      Type.Record(Type.String(), Type.Object({ role, scope: Type.Optional(scope) }, closed), {
        minProperties: 1,
        description:
          "Who the owners of client certificates are, by a name in the certificate: DNS, e-mail or URI, or else the common name. Needs `http.tls.clientCa`.",
      }),
    ),
    anonymous: Type.Optional(
      Type.Enum(["none", "viewer"], {
        default: "none",
        description: "What those may do who do not say who they are.",
      }),
    ),
    loopback: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether programs on this machine may do everything without saying who they are.",
      }),
    ),
    auditMegabytes: Type.Optional(
      Type.Integer({
        default: 64,
        minimum: 2,
        maximum: 100_000,
        description: "How much of the audit log is kept, the newest.",
      }),
    ),
  },
  {
    ...closed,
    description: "Who may do what. Without it, and on loopback only, everybody may do everything.",
  },
);

export type AccessSection = Static<typeof accessSection>;
export type JwtSection = Static<typeof jwtSection>;
export type TlsSection = Static<typeof tlsSection>;
export type LimitsSection = Static<typeof limitsSection>;
export type ClientsSection = NonNullable<AccessSection["certificates"]>;
