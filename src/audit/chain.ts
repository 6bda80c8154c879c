/**
 * The chain that makes the audit log tell when it was altered: each event's hash covers the event and the hash of the
 * one before. Whoever has noted the newest hash elsewhere can prove that nothing before it was changed or removed.
 *
 * What is hashed is the event as the API shows it, without `hash`, as RFC 8785 (JSON Canonicalization Scheme) writes
 * it; so an export can be checked without Koppla: `base64url(SHA-256(hash of the one before + canonical JSON))`.
 */

/** An event as it is stored, without its hash. `detail` is canonical JSON text. */
export interface ChainedEvent {
  sequence: number;
  /** Milliseconds since 1970. */
  at: number;
  action: string;
  outcome: "success" | "denied";
  subject: string | null;
  actor: string | null;
  client: string | null;
  target: string | null;
  address: string | null;
  requestId: string | null;
  detail: string;
}

/** What stands for the hash before an organisation's first event: no two organisations begin alike. */
export function genesis(organisationId: number): string {
  return sha256(`koppla audit ${organisationId}`);
}

/** @param previous  the hash of the event before, or {@link genesis} @returns base64url, 43 characters */
export function hashOf(previous: string, event: ChainedEvent): string {
  return sha256(previous + canonicalEvent(event));
}

/** @throws RangeError when `at` is no time */
function canonicalEvent(event: ChainedEvent): string {
  // In the order of the names, as RFC 8785, 3.2.3 has it.
  return (
    `{"action":${text(event.action)},"actor":${text(event.actor)},"address":${text(event.address)},` +
    `"at":"${new Date(event.at).toISOString()}","client":${text(event.client)},"detail":${event.detail},` +
    `"outcome":${text(event.outcome)},"request_id":${text(event.requestId)},"sequence":${event.sequence},` +
    `"subject":${text(event.subject)},"target":${text(event.target)}}`
  );
}

/** Text that JSON writes as it is: nearly all of the log's is such. */
const PLAIN = /^[\w .,:*@/-]*$/;

function text(value: string | null): string {
  if (value === null) return "null";
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** JSON with the members of every object in order of their names, no spaces. RFC 8785. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  let members = "";
  for (const [name, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (member !== undefined) members += `${members === "" ? "" : ","}${text(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

function sha256(whole: string): string {
  return Bun.SHA256.hash(whole, "base64url");
}
