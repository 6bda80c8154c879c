/** `/api/v1/webmessages`: the messages of an organisation, for those who look after them. */
import { Elysia } from "elysia";

import { demand, type Principal } from "../accounts/principal.ts";
import { allows } from "../grants/grant.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { pageAnswer } from "../http/links.ts";
import { decodeCursor, encodeCursor, type Page } from "../http/paging.ts";
import { DEFAULT_LIMIT, isoTime, limit, parseQuery, string } from "../http/query.ts";
import { json } from "../http/respond.ts";
import { invalid, Problem } from "../problem.ts";
import { LOOKUP_SIZE, NOT_A_UUID } from "./input.ts";
import { isLookup, isUuid, type Reference, type WebMessage } from "./message.ts";
import type { Publisher } from "./publisher.ts";
import type { MessageService } from "./service.ts";

export interface MessageListDependencies {
  messages: Pick<MessageService, "newest" | "find">;
  publishing: Pick<Publisher, "states">;
  authenticate: Authenticate;
  /** Without a trailing slash. */
  publicUrl: string;
}

/** UTF-16 units of a message that a list has. */
const EXCERPT = 200;

export interface ShownPublicationState {
  channel: string;
  state: string;
  at: string;
  external_id: string | null;
}

/** A message as it is listed. */
export interface ListedMessage {
  id: string;
  party_id: string;
  /** How its text begins; null: it has none. */
  excerpt: string | null;
  external_references: Reference[];
  attachments: { number: number; file_name: string; mime_type: string; size: number }[];
  created_at: string;
  submitted_by: string | null;
  /** For those who may read deliveries. */
  publications?: ShownPublicationState[];
}

export interface ShownMessage extends Omit<ListedMessage, "excerpt"> {
  message: string | null;
}

const tags = ["Web messages"];

export function messageListRoutes({
  messages,
  publishing,
  authenticate,
  publicUrl,
}: MessageListDependencies) {
  const enter = async (request: Request): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "webmessages", "read");
    return principal;
  };

  /** What is told of messages beside what they say, in their order. */
  const shown = async (
    { grants }: Principal,
    found: readonly WebMessage[],
  ): Promise<Omit<ShownMessage, "message">[]> => {
    if (!allows(grants, "deliveries", "read")) return found.map(head);
    const states = await publishing.states(found.map(({ id }) => id));
    return found.map((message) => {
      const publications = (states.get(message.id) ?? []).map(({ channel, state, at, externalId }) => {
        return { channel, state, at: isoTime(at), external_id: externalId };
      });
      return { ...head(message), publications };
    });
  };

  return new Elysia({ name: "message-list" })
    .get(
      "/api/v1/webmessages",
      async ({ request }) => {
        const principal = await enter(request);
        const query = parseQuery(request, { limit, cursor: string, party, reference });
        const { limit: size = DEFAULT_LIMIT, cursor, party: partyId, reference: about } = query;
        if (partyId !== undefined && about) throw invalid("reference", "cannot be asked for with a party");
        const listed = { partyId, reference: about };
        const { id: organisationId } = principal.organisation;
        const name = JSON.stringify(["webmessages", organisationId, listed]);
        const [before] = cursor === undefined ? [] : decodeCursor(name, cursor, ["string"]);
        const place = { before: before === undefined ? undefined : String(before), limit: size + 1 };
        const found = await messages.newest(organisationId, listed, place);
        const here = found.slice(0, size);
        const last = found.length > size ? here.at(-1) : undefined;
        const heads = await shown(principal, here);
        const page: Page<ListedMessage> = {
          items: heads.map((one, at) => ({ ...one, excerpt: here[at]?.message?.slice(0, EXCERPT) ?? null })),
          next_cursor: last ? encodeCursor(name, [last.id]) : null,
        };
        return pageAnswer(request, publicUrl, page);
      },
      {
        detail: {
          tags,
          operationId: "listWebMessages",
          summary: "Messages, newest first",
          description:
            "Without the bytes of attachments, and of each text its beginning. `publications` needs the grant " +
            "`deliveries:read`, too. Needs the grant `webmessages:read`.",
        },
      },
    )
    .get(
      "/api/v1/webmessages/:id",
      async ({ request, params: { id } }) => {
        const principal = await enter(request);
        parseQuery(request, {});
        const found = isUuid(id) ? await messages.find(principal.organisation.id, id) : undefined;
        if (!found) throw new Problem("not_found", `There is no message with the id ${id.slice(0, 100)}.`);
        const [one] = await shown(principal, [found]);
        return json(request, JSON.stringify({ ...one, message: found.message ?? null }));
      },
      {
        detail: {
          tags,
          operationId: "getWebMessageHead",
          summary: "One message without the bytes of its attachments",
          description:
            "Those are at `/webmessages/{id}/attachments/{number}`. Needs the grant `webmessages:read`.",
        },
      },
    );
}

function head({ id, partyId, references, attachments, createdAt, subject }: WebMessage) {
  return {
    ...{ id, party_id: partyId, external_references: [...references] },
    attachments: attachments.map(({ fileName, mimeType, size }, number) => {
      return { number, file_name: fileName, mime_type: mimeType, size };
    }),
    ...{ created_at: isoTime(createdAt), submitted_by: subject },
  };
}

function party(text: string): string {
  if (!isUuid(text)) throw new Error(NOT_A_UUID);
  return text;
}

/** `key:value`; the first colon separates. */
function reference(text: string): Reference {
  const colon = text.indexOf(":");
  const [key, value] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
  if (!isLookup(key) || !isLookup(value)) throw new Error(`must be KEY:VALUE, of which each ${LOOKUP_SIZE}`);
  return { key, value };
}
