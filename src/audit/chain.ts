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
  const text = (value: string | null) => (value === null ? "null" : JSON.stringify(value));
  // In the order of the names, as RFC 8785, 3.2.3 has it.
  return (
    `{"action":${text(event.action)},"actor":${text(event.actor)},"address":${text(event.address)},` +
    `"at":"${new Date(event.at).toISOString()}","client":${text(event.client)},"detail":${event.detail},` +
    `"outcome":${text(event.outcome)},"request_id":${text(event.requestId)},"sequence":${event.sequence},` +
    `"subject":${text(event.subject)},"target":${text(event.target)}}`
  );
}

/** JSON with the members of every object in order of their names, no spaces. RFC 8785. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("base64url");
}
