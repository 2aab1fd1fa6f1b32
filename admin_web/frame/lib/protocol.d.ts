/**
 * What the server and a page say to each other: the objects of docs/protocol.md, as the views make them.
 * Amounts are whole micro-units (`_micros`), instants Unix milliseconds (`_at_ms`), durations seconds (`_s`).
 *
 * A declaration file without imports: every script knows these names, and no browser loads it.
 */

type Side = "client" | "provider" | "operator";
type Role = "client" | "provider" | "operator" | "guest";
type Duty = "on_duty" | "busy" | "off_duty";
type EndsBy = "balance" | "spending_cap";
type Interval = [from: string, to: string];
type Hours = Record<string, Interval[]>;
type IceServers = RTCIceServer[];

type CallState =
  | "opening"
  | "ringing"
  | "connecting"
  | "live"
  | "interrupted"
  | "paused"
  | "on_hold"
  | "ended"
  | "declined"
  | "no_answer"
  | "cancelled"
  | "failed";

interface User {
  id: string;
  name: string;
  email: string | null;
  role: Role;
  created_at_ms: number;
}

/** What of a tariff its free start is made of, and its price. */
interface FreeStart {
  price_micros: number;
  threshold_s: number;
  threshold_mode: string;
}

/** What the charge of a call is computed from. */
interface Rates extends FreeStart {
  period_s: number;
  increments: [first: number, next: number];
}

interface Tariff extends Rates {
  currency: string;
  /** Not the client's. */
  commission_bps?: number;
  min_minutes: number;
  version: number;
  hash: string;
}

interface Pricing {
  commission_bps: number;
  threshold_s: number;
  threshold_mode: string;
  increments: [first: number, next: number];
  min_minutes: number;
  /** Decimal strings, per minute. */
  price_floor: string;
  price_cap: string;
  probe_limit_per_day: number;
  ring_s: number;
  interrupted_s: number;
  on_hold_s: number;
  low_balance_s: number[];
  version: number;
}

interface PublicService extends Rates {
  slug: string;
  url: string;
  title: string;
  kind: string;
  description: string;
  qualifications: string;
  languages: string[];
  time_zone: string;
  hours: Hours;
  provider: { name: string };
  availability: Duty;
  currency: string;
  min_minutes: number;
  tariff_version: number;
  tariff_hash: string;
}

interface Quote {
  tariff: Tariff;
  free_probe: boolean;
  available_micros: number;
  needed_micros: number;
  affordable_s: number | null;
  can_call: boolean;
  code: string | null;
  detail: string | null;
}

interface Meter {
  seconds: number;
  free_left_s: number;
  charged_micros: number;
  /** Not the client's. */
  provider_micros?: number | null;
  /** Not the provider's. */
  balance_micros?: number | null;
  affordable_s: number | null;
  ends_by: EndsBy | null;
}

interface Receipt extends Rates {
  call: string;
  service: string;
  currency: string;
  /** Not the client's. */
  commission_bps?: number;
  commission_micros?: number;
  provider_micros?: number;
  /** Not the provider's. */
  balance_before_micros?: number | null;
  balance_after_micros?: number | null;
  tariff_version: number;
  tariff_hash: string;
  opened_at_ms: number;
  ended_at_ms: number;
  connected_s: number;
  free_s: number;
  billed_s: number;
  paused_s: number;
  intervals: [from_ms: number, to_ms: number][];
  charged_micros: number;
  reason: string;
}

interface Call {
  id: string;
  state: CallState;
  side: Side;
  service: { slug: string; title: string };
  client: { name: string };
  provider: { name: string };
  audio: boolean;
  video: boolean;
  tariff: Tariff;
  created_at_ms: number;
  answered_at_ms: number | null;
  live_at_ms: number | null;
  ended_at_ms: number | null;
  deadline_at_ms: number | null;
  affordable_s: number | null;
  /** Not the provider's. */
  spending_cap_micros?: number | null;
  resume_asked: boolean;
  meter: Meter | null;
  reason: string | null;
  receipt: Receipt | null;
}

interface Wallet {
  currency: string;
  available_micros: number;
  held_micros: number;
}

/** What a relay says of one side's media, as far as pages show it. */
interface Media {
  state: string;
  bitrate_in_bps?: number;
  bitrate_out_bps?: number;
  loss_in?: number;
  loss_out?: number;
  rtt_ms?: number | null;
}

interface LiveCall extends Call {
  media?: { client: Media | null; provider: Media | null };
}

interface Relay {
  id: string;
  calls: number;
  participants: number;
  draining: boolean;
  alive: boolean;
}

interface LiveSnapshot {
  at_ms: number;
  relays: Relay[];
  calls: LiveCall[];
}

/** How the server sees a side's line. */
interface LineQuality {
  loss?: number | null;
  rtt_ms?: number | null;
  bitrate_bps?: number | null;
}

/** The `type` of what a page may ask over the WebSocket → what its `ok` carries. */
interface SocketAnswers {
  "call.start": { call: Call };
  "call.watch": { call: Call };
  "call.accept": { call: Call };
  "call.decline": { call: Call };
  "call.cancel": { call: Call };
  "call.hang_up": { call: Call };
  "call.pause": { call: Call };
  "call.resume": { call: Call };
  "call.raise_cap": { call: Call };
  "call.end": { call: Call };
  "media.join": { answer: string; ice_servers?: IceServers };
  "duty.set": DutyNews;
  "live.watch": object;
  ping: object;
}

interface CallTick {
  call: string;
  state: CallState;
  meter: Meter | null;
  quality?: LineQuality | null;
}

interface CallWarning {
  call: string;
  left_s: number;
  ends_by: EndsBy | null;
}

/** The `type` of what is said unasked → its fields; the last three are the page's own. */
interface SocketEvents {
  hello: DutyNews & { user: User; calls: Call[] };
  "call.incoming": { call: Call };
  "call.gone": { call: string; reason: string | null };
  "call.state": { call: Call };
  "call.meter": CallTick;
  "call.warning": CallWarning;
  duty: DutyNews;
  "live.snapshot": LiveSnapshot;
  up: object;
  down: { retry_ms: number };
  signed_out: object;
}

/** Whether calls can reach a provider; off duty: since when, why. */
interface DutyNews {
  duty?: Duty;
  off_since_ms?: number | null;
  off_reason?: string | null;
}

/** An EventTarget whose CustomEvents carry these details. */
interface TypedTarget<Details> extends EventTarget {
  addEventListener<Type extends keyof Details & string>(
    type: Type,
    listener: (event: CustomEvent<Details[Type]>) => void,
    options?: AddEventListenerOptions | boolean,
  ): void;
  removeEventListener<Type extends keyof Details & string>(
    type: Type,
    listener: (event: CustomEvent<Details[Type]>) => void,
    options?: EventListenerOptions | boolean,
  ): void;
}

type TypedTargetClass<Details> = new () => TypedTarget<Details>;

interface Window {
  /** The debug hook of docs/protocol.md, section 5. */
  tipmeet: { readonly pc: RTCPeerConnection | null; readonly call: string | null };
}
