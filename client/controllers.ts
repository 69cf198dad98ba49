import * as shapes from "./controller-shapes.ts";
import type * as types from "./controller-types.ts";
import { type Http, type Query, segment } from "./http.ts";
import type { Call } from "./requests.ts";

export interface TraceOptions extends Call {
  /** ISO 8601; not before, and not after. */
  readonly from?: string;
  readonly to?: string;
  /** The newest so many, at the most 10,000. Default: 100. */
  readonly limit?: number;
}

export interface FollowOptions extends Call {
  /** So many of the newest before the new ones. Default: 100. */
  readonly limit?: number;
}

/**
 * What controls a site. Reading is for viewers; modes, settings, overrides, tuning and shelving are for operators;
 * versions are for administrators. Everything rejects with a `ClientError`: 404 for a controller there is not or that
 * concerns devices one may not see, 403 for what one's role does not allow, 400 with the limit that was broken.
 */
export interface Controllers {
  list(call?: Call): Promise<readonly types.ControllerSummary[]>;
  /** All there is to say of one, and why its outputs are what they are. */
  get(name: string, call?: Call): Promise<types.ControllerDetail>;
  /** The settings in force, and their schema. */
  settings(name: string, call?: Call): Promise<types.ControllerSettings>;
  /** Changes some settings, for good or for a while; the others stay. When one breaks a limit, none changes. */
  change(
    name: string,
    settings: Readonly<Record<string, unknown>>,
    options?: Call & types.ChangeOptions,
  ): Promise<types.ControllerSettings>;
  setMode(name: string, request: types.ModeRequest, call?: Call): Promise<types.ControllerSummary>;
  /** Which of the site's profiles is in force, and which controllers rest because of it. */
  profile(call?: Call): Promise<types.SiteProfile>;
  /** Puts another profile in force: controllers come and go without a bump. */
  setProfile(request: types.ProfileRequest, call?: Call): Promise<types.SiteProfile>;
  /** Begins anew one that failed too often or could not be loaded. */
  restart(name: string, options?: Call & { readonly why?: string }): Promise<types.ControllerSummary>;
  /** Commands what an output is bound to as an operator, for a while; the controller takes over without a bump. */
  override(name: string, request: types.OverrideRequest, call?: Call): Promise<readonly types.Override[]>;
  /** The controller commands again. @returns what was given up */
  endOverride(name: string, which?: types.EndOverride, call?: Call): Promise<readonly types.Override[]>;
  /** Its steps, the oldest first. */
  trace(name: string, options?: TraceOptions): Promise<readonly types.ControllerStep[]>;
  /** Its last steps, then every new one, without end: leaving the loop ends it. */
  follow(name: string, options?: FollowOptions): AsyncIterable<types.FollowedStep, void>;
  /** Something that is wrong is not counted for a while: somebody knows of it. */
  shelve(
    name: string,
    alarm: string,
    request: types.ShelveRequest,
    call?: Call,
  ): Promise<readonly types.ControllerAlarm[]>;
  /** Somebody has seen an alarm that latches: it ends as soon as its condition is over. @returns what stands */
  acknowledge(
    name: string,
    alarm: string,
    options?: Call & { readonly why?: string },
  ): Promise<readonly types.ControllerAlarm[]>;
  /** It counts again. @returns what stands */
  unshelve(name: string, alarm: string, call?: Call): Promise<readonly types.ControllerAlarm[]>;
  /** Begins a search for the gains of its loop; `tuning` tells how it goes. It changes no setting. */
  tune(name: string, request?: types.TuneRequest, call?: Call): Promise<types.Tuning>;
  /** The search that is under way, or ended last. */
  tuning(name: string, call?: Call): Promise<types.Tuning>;
  /** Calls it off; the controller commands again without a bump. */
  endTuning(name: string, call?: Call): Promise<types.Tuning>;

  versions(name: string, call?: Call): Promise<types.ControllerVersions>;
  /** Keeps a text as a version, after it was loaded and makes sense. It is not in force. */
  addVersion(
    name: string,
    text: types.VersionText & { readonly why?: string },
    call?: Call,
  ): Promise<types.ControllerVersion>;
  /** Puts a version in force with the state of the one before; it goes back by itself when it fails. */
  swap(name: string, request: types.SwapRequest, call?: Call): Promise<types.SwapReport>;
  /** Goes back to the version before the one in force. */
  rollBack(name: string, options?: Call & { readonly why?: string }): Promise<types.SwapReport>;
  /** Has a version compute beside the one in force; it commands nothing, and both are compared. */
  shadow(name: string, request: types.ShadowRequest, call?: Call): Promise<types.Shadow>;
  endShadow(name: string, call?: Call): Promise<types.Shadow>;
  /** Puts in force what is in shadow. @param options.force whatever speaks against it */
  promote(
    name: string,
    options?: Call & { readonly why?: string; readonly force?: boolean },
  ): Promise<types.SwapReport>;
  /** Steps a version through recorded history, and compares what it wants with what was wanted then. */
  replay(name: string, request?: types.ReplayRequest, call?: Call): Promise<types.Replay>;
}

export function controllerRequests(http: Http): Controllers {
  const path = (name: string, ...rest: readonly string[]): string =>
    ["/api/controllers", segment(name, "a controller"), ...rest].join("/");
  return {
    list: (call) => http.ask({ method: "GET", path: "/api/controllers", shape: shapes.summaries }, call),
    get: async (name, call) => http.ask({ method: "GET", path: path(name), shape: shapes.detail }, call),
    ...settingRequests(http, path),
    ...traceRequests(http, path),
    ...alarmRequests(http, path),
    ...tuningRequests(http, path),
    ...versionRequests(http, path),
  };
}

type PathOf = (name: string, ...rest: readonly string[]) => string;

function settingRequests(
  http: Http,
  path: PathOf,
): Pick<
  Controllers,
  "settings" | "change" | "setMode" | "profile" | "setProfile" | "restart" | "override" | "endOverride"
> {
  const profile = { path: "/api/profile", shape: shapes.profile } as const;
  return {
    profile: async (call) => http.ask({ method: "GET", ...profile }, call),
    setProfile: async (body, call) => http.ask({ method: "PUT", ...profile, body }, call),
    settings: async (name, call) =>
      http.ask({ method: "GET", path: path(name, "settings"), shape: shapes.settings }, call),
    change: async (name, settings, { why, for: span, ...call } = {}) =>
      http.ask(
        {
          method: "PATCH",
          path: path(name, "settings"),
          body: { settings, why, for: span },
          shape: shapes.settings,
        },
        call,
      ),
    setMode: async (name, body, call) =>
      http.ask({ method: "PUT", path: path(name, "mode"), body, shape: shapes.summary }, call),
    restart: async (name, { why, ...call } = {}) =>
      http.ask({ method: "POST", path: path(name, "restart"), body: { why }, shape: shapes.summary }, call),
    override: async (name, body, call) =>
      http.ask({ method: "POST", path: path(name, "overrides"), body, shape: shapes.overrides }, call),
    endOverride: async (name, { output, device, why } = {}, call = {}) => {
      const query: Query = { output, device, why };
      const asked = { path: path(name, "overrides"), query, shape: shapes.overrides };
      return http.ask({ method: "DELETE", ...asked }, call);
    },
  };
}

function traceRequests(http: Http, path: PathOf): Pick<Controllers, "trace" | "follow"> {
  return {
    trace: async (name, { from, to, limit, ...call } = {}) => {
      const query: Query = { from, to, limit };
      return http.ask({ method: "GET", path: path(name, "trace"), query, shape: shapes.steps }, call);
    },
    follow: async function* (name, { limit, ...call } = {}) {
      const query: Query = { follow: true, limit };
      const asked = { path: path(name, "trace"), query, shape: shapes.followed };
      for await (const line of http.lines({ method: "GET", ...asked }, call, true))
        yield shapes.isDropped(line)
          ? { kind: "dropped", count: line.dropped }
          : { kind: "step", step: line };
    },
  };
}

function alarmRequests(http: Http, path: PathOf): Pick<Controllers, "shelve" | "unshelve" | "acknowledge"> {
  const shelf = (name: string, alarm: string): string =>
    path(name, "alarms", segment(alarm, "an alarm"), "shelf");
  return {
    shelve: async (name, alarm, body, call) =>
      http.ask({ method: "PUT", path: shelf(name, alarm), body, shape: shapes.alarms }, call),
    acknowledge: async (name, alarm, { why, ...call } = {}) => {
      const at = path(name, "alarms", segment(alarm, "an alarm"), "acknowledge");
      return http.ask({ method: "POST", path: at, body: { why }, shape: shapes.alarms }, call);
    },
    unshelve: async (name, alarm, call) =>
      http.ask({ method: "DELETE", path: shelf(name, alarm), shape: shapes.alarms }, call),
  };
}

function tuningRequests(http: Http, path: PathOf): Pick<Controllers, "tune" | "tuning" | "endTuning"> {
  const asked = (name: string) => ({ path: path(name, "tuning"), shape: shapes.tuning });
  return {
    tune: async (name, body = {}, call = {}) => http.ask({ method: "POST", ...asked(name), body }, call),
    tuning: async (name, call) => http.ask({ method: "GET", ...asked(name) }, call),
    endTuning: async (name, call) => http.ask({ method: "DELETE", ...asked(name) }, call),
  };
}

type OfVersions =
  "versions" | "addVersion" | "swap" | "rollBack" | "shadow" | "endShadow" | "promote" | "replay";

function versionRequests(http: Http, path: PathOf): Pick<Controllers, OfVersions> {
  return {
    versions: async (name, call) =>
      http.ask({ method: "GET", path: path(name, "versions"), shape: shapes.versions }, call),
    addVersion: async (name, body, call) =>
      http.ask({ method: "POST", path: path(name, "versions"), body, shape: shapes.version }, call),
    swap: async (name, body, call) =>
      http.ask({ method: "POST", path: path(name, "swap"), body, shape: shapes.swapReport }, call),
    rollBack: async (name, { why, ...call } = {}) =>
      http.ask(
        { method: "POST", path: path(name, "rollback"), body: { why }, shape: shapes.swapReport },
        call,
      ),
    shadow: async (name, body, call) =>
      http.ask({ method: "POST", path: path(name, "shadow"), body, shape: shapes.shadow }, call),
    endShadow: async (name, call) =>
      http.ask({ method: "DELETE", path: path(name, "shadow"), shape: shapes.shadow }, call),
    promote: async (name, { why, force, ...call } = {}) =>
      http.ask(
        {
          method: "POST",
          path: path(name, "promote"),
          body: { why, force },
          shape: shapes.swapReport,
        },
        call,
      ),
    replay: async (name, body = {}, call = {}) =>
      http.ask({ method: "POST", path: path(name, "replay"), body, shape: shapes.replay }, call),
  };
}
