/** Messages and errors as S3 has them on the wire. */
import { requestId } from "../http/respond.ts";
import type { Violation } from "../problem.ts";
import { inOrder } from "./input.ts";
import type { WebMessage } from "./message.ts";

/** Where the public service's own documents are about this kind of problem. */
const CONSTRAINT_VIOLATION = "https://zalando.github.io/problem/constraint-violation";

/** A request that breaks rules: 400, whatever else it is. */
export class ConstraintViolation extends Error {
  override readonly name = "ConstraintViolation";
  constructor(readonly violations: readonly Violation[]) {
    super("constraint violation");
  }
}

/** There is no such message. */
export class MessageNotFound extends Error {
  override readonly name = "MessageNotFound";
  /** @param detail  S3's, of the message itself where nothing else is missing */
  constructor(id: string, detail = `WebMessage with id '${id}' not found`) {
    super(detail);
  }
}

export function constraintViolation(request: Request, violations: readonly Violation[]): Response {
  return s3Problem(request, {
    ...{ type: CONSTRAINT_VIOLATION, title: "Constraint Violation", status: 400 },
    violations: inOrder(violations),
  });
}

export function s3Problem(
  request: Request,
  body: { title: string; status: number } & Record<string, unknown>,
  headers?: Record<string, string>,
): Response {
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": requestId(request),
      ...headers,
    },
  });
}

/** Reads the bytes of a blob. */
type Read = (blob: string) => AsyncIterable<Uint8Array>;

/**
 * A message's JSON in pieces. Members without a value are left out. An attachment's chunks are encoded one by one, which
 * is base64 of the whole because their length is a multiple of three.
 * @param more  members that are S3's not
 */
export async function* messageJson(message: WebMessage, read: Read, more?: object): AsyncGenerator<string> {
  const { attachments, ...head } = shownHead(message);
  const text = JSON.stringify({ ...head, ...more });
  if (attachments.length === 0) return yield `${text.slice(0, -1)},"attachments":[]}`;
  yield `${text.slice(0, -1)},"attachments":[`;
  for (const [index, { fileName, mimeType, blob }] of attachments.entries()) {
    yield `${index === 0 ? "" : ","}{"fileName":${JSON.stringify(fileName)},"base64Data":"`;
    for await (const bytes of read(blob)) yield base64(bytes);
    yield `","mimeType":${JSON.stringify(mimeType)}}`;
  }
  yield "]}";
}

/** What of a message stands before its attachments, in S3's order. */
function shownHead({ id, partyId, message, references, createdAt, attachments }: WebMessage) {
  return {
    ...{ id, partyId, message, externalReferences: references },
    created: new Date(createdAt).toISOString(),
    attachments,
  };
}

/** UTF-16 units of a message that an event has; a longer one is to be fetched. */
const LONGEST_TOLD = 65_536;

/** A message as events have it: without the bytes of its attachments, which are to be fetched. */
export function messageSummary(whole: WebMessage): string {
  const message = (whole.message?.length ?? 0) > LONGEST_TOLD ? undefined : whole.message;
  const { attachments, ...head } = shownHead({ ...whole, message });
  const files = attachments.map(({ fileName, mimeType, size }) => ({ fileName, mimeType, size }));
  return JSON.stringify({ ...head, attachments: files });
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
