import { type Static, type TSchema, Type } from "typebox";
import { demand, type Permission, type Principal } from "../access/principal.ts";
import { Checker } from "../config-check.ts";
import { HttpError } from "../faults.ts";
import { toJson } from "../json.ts";
import type { SynseService } from "../synse/service.ts";
import type { StreamSelection } from "../synse/streams.ts";
import { type TagGroups, withNamespace } from "../synse/tags.ts";
import type { Body } from "./message.ts";

/** Who asks, and what their socket can do for them. */
export interface Ask {
  readonly synse: SynseService;
  readonly by: Principal;
  /** Streams that carry the id of this request. */
  readonly streams: {
    readonly start: (selection: StreamSelection) => void;
    /** Those of this id when there are any, else all of the socket. */
    readonly stop: () => void;
  };
}

/** One thing clients ask. Synse v3 §2. */
export interface SocketEvent {
  readonly needs: Permission;
  /** The event of its answers. */
  readonly answer: string;
  /** Its parameters; others are ignored. */
  readonly data: TSchema;
  /** @returns nothing when there is no answer. @throws HttpError, BothyError */
  readonly run: (ask: Ask, data: unknown) => Body | undefined | Promise<Body>;
}

interface Definition<T extends TSchema> {
  readonly needs?: Permission;
  readonly answer: string;
  readonly data: T;
  readonly run: (ask: Ask, data: Static<T>) => Body | undefined | Promise<Body>;
}

/** An event whose parameters are checked before it runs. By default whoever may read may ask for it. */
const event = <T extends TSchema>({ needs = "read", answer, data, run }: Definition<T>): SocketEvent => ({
  needs,
  answer: `response/${answer}`,
  data,
  run: (ask, given) => run(ask, given as Static<T>),
});

const longest = { maxLength: 1000 } as const;
const none = Type.Object({});
const name = (description: string) => Type.String({ ...longest, description });
const flag = (description: string) =>
  Type.Optional(Type.Union([Type.Boolean(), Type.Number(), Type.String(longest)], { description }));
const texts = (description: string) =>
  Type.Optional(Type.Union([Type.String(longest), Type.Array(Type.String(longest))], { description }));
const groups = (description: string) =>
  Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String()), Type.Array(Type.Array(Type.String()))], {
      description,
    }),
  );

const selection = {
  ns: Type.Optional(name("Namespace of tags written without one, as text. Default: `default`.")),
  tags: groups("A list of tags: devices with all of them. A list of such lists: devices of any of them."),
};
const device = name("A device's id or alias.");
const written = Type.Object({
  device,
  payload: Type.Unknown({ description: 'A write, such as `{"action": "speed", "data": "80"}`, or a list.' }),
});

/** Everything a client can ask over a WebSocket, by the event of the request. */
export const socketEvents: Readonly<Record<string, SocketEvent>> = {
  "request/status": event({
    answer: "status",
    data: none,
    run: ({ synse }) => toJson(synse.status()),
  }),
  "request/version": event({
    answer: "version",
    data: none,
    run: ({ synse }) => toJson(synse.version()),
  }),
  "request/config": event({
    answer: "config",
    data: none,
    run: ({ synse, by }) => toJson(synse.config(by)),
  }),
  "request/plugin": event({
    answer: "plugin_info",
    data: Type.Object({ plugin: name("A plugin's id.") }),
    run: ({ synse, by }, { plugin }) => toJson(synse.plugin(by, plugin)),
  }),
  "request/plugins": event({
    answer: "plugin_summary",
    data: Type.Object({ refresh: flag("Whether plugins that run by themselves are first asked anew.") }),
    run: async ({ synse }, { refresh }) => {
      if (isTrue(refresh)) await synse.lookAgain();
      return toJson(synse.plugins.list());
    },
  }),
  "request/plugin_health": event({
    answer: "plugin_health",
    data: none,
    run: ({ synse }) => toJson(synse.plugins.health()),
  }),
  "request/scan": event({
    answer: "device_summary",
    data: Type.Object({
      ...selection,
      sort: texts("Keys, comma-joined or as a list. Default: `plugin,sortIndex,id`."),
      force: flag("Whether plugins that run by themselves are first asked which devices they have now."),
    }),
    run: async ({ synse, by }, { ns, tags, sort, force }) => {
      if (isTrue(force)) await synse.lookAgain();
      return synse.scan(by, withNamespace(groupsOf(tags), ns), joined(sort));
    },
  }),
  "request/tags": event({
    answer: "tags",
    data: Type.Object({
      ns: texts("Only these namespaces, comma-joined or as a list."),
      ids: flag("Whether tags that hold device ids are listed too."),
    }),
    run: ({ synse, by }, { ns, ids }) => toJson(synse.tags(by, parts(ns), isTrue(ids))),
  }),
  "request/info": event({
    answer: "device_info",
    data: Type.Object({ device }),
    run: ({ synse, by }, data) => toJson(synse.info(by, data.device)),
  }),
  "request/read": event({
    answer: "reading",
    data: Type.Object({
      ...selection,
      plugin: Type.Optional(name("Only devices of the plugin with this id.")),
    }),
    run: ({ synse, by }, { ns, tags, plugin }) => synse.read(by, withNamespace(groupsOf(tags), ns), plugin),
  }),
  "request/read_device": event({
    answer: "reading",
    data: Type.Object({ device }),
    run: ({ synse, by }, data) => synse.readDevice(by, data.device).text,
  }),
  "request/read_cache": event({
    answer: "reading",
    data: Type.Object({
      start: Type.Optional(name("The oldest that is wanted, as RFC 3339 writes times.")),
      end: Type.Optional(name("The newest that is wanted.")),
    }),
    run: ({ synse, by }, { start, end }) => ({ items: synse.readCache(by, { start, end }) }),
  }),
  "request/read_stream": event({
    answer: "reading",
    data: Type.Object({
      ids: texts("Ids or aliases of devices."),
      tag_groups: groups("As `tags`, but tags need their namespace: `default/rack:r1`."),
      ...selection,
      stop: flag("Ends the stream that has the id of this request; when there is none, all of this socket."),
    }),
    run: ({ streams }, data) => {
      if (isTrue(data.stop)) streams.stop();
      else {
        const names = typeof data.ids === "string" ? [data.ids] : (data.ids ?? []);
        const tagged = withNamespace(groupsOf(data.tags), data.ns);
        streams.start({ names: few(names), groups: [...groupsOf(data.tag_groups), ...tagged] });
      }
      return undefined;
    },
  }),
  "request/write_async": event({
    needs: "write",
    answer: "transaction_info",
    data: written,
    run: async ({ synse, by }, data) => toJson(await synse.write(by, data.device, data.payload)),
  }),
  "request/write_sync": event({
    needs: "write",
    answer: "transaction_status",
    data: written,
    run: async ({ synse, by }, data) => toJson(await synse.writeAndWait(by, data.device, data.payload)),
  }),
  "request/transaction": event({
    answer: "transaction_status",
    data: Type.Object({ transaction: name("A transaction's id.") }),
    run: async ({ synse, by }, { transaction }) => toJson(await synse.transaction(by, transaction)),
  }),
  "request/transactions": event({
    answer: "transaction_list",
    data: none,
    run: ({ synse, by }) => toJson(synse.transactions(by)),
  }),
};

/** An event by its name. With an underscore for the slash as well, as Synse has it by accident. */
export const eventNamed = (given: string): SocketEvent | undefined =>
  own(given) ?? own(given.replace("_", "/"));

const own = (name: string): SocketEvent | undefined =>
  Object.hasOwn(socketEvents, name) ? socketEvents[name] : undefined;

const checker = new Checker(false);

/**
 * Carries out what somebody asks.
 * @throws HttpError 400 for parameters that are none, 403 when they may not; whatever the event throws
 */
export function run(event: SocketEvent, ask: Ask, data: unknown): Body | undefined | Promise<Body> {
  demand(ask.by, event.needs);
  const faults = checker.check(event.data, data, ["data"]);
  if (faults.length === 0) return event.run(ask, data);
  const told = faults.map(({ path, atKey, message, remedy }) => {
    const where = atKey === true ? "data" : path.join(".");
    return `${where}: ${message} (${remedy})`;
  });
  throw new HttpError(400, told.join("; "));
}

/** True itself, a number other than 0, the word in any case. */
const isTrue = (given: boolean | number | string | undefined): boolean =>
  typeof given === "string" ? given.toLowerCase() === "true" : Boolean(given);

/** Lists that are kept or looked through for every device are no longer than what a URL could hold. */
const longestList = 16_384;

function few<T extends readonly string[]>(list: T): T {
  const length = list.reduce((sum, text) => sum + text.length + 1, 0);
  if (length > longestList)
    throw new HttpError(
      400,
      `${list.length} tags or ids are too many: ${length} characters of ${longestList}`,
    );
  return list;
}

/** A text is one group, comma-joined, as in a query. */
function groupsOf(given: string | readonly string[] | readonly (readonly string[])[] = []): TagGroups {
  if (typeof given === "string") return [few(given.split(","))];
  if (given.length === 0) return [];
  const list = given.every((item) => typeof item === "string") ? [given] : given;
  few(list.flat());
  few(list.map(() => ""));
  return list;
}

const joined = (given: string | readonly string[] | undefined): string | undefined =>
  given === undefined || given.length === 0 ? undefined : few([given].flat()).join(",");

const parts = (given: string | readonly string[] = []): readonly string[] =>
  few([given].flat())
    .flatMap((list) => list.split(","))
    .filter((text) => text !== "");
