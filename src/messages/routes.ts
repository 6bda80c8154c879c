/** `/webmessages`: S3's endpoints, in its own words; and its attachments one by one. */
import { Elysia } from "elysia";

import { demand, type Principal, subjectName, actorName } from "../accounts/principal.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config/types.ts";
import type { Authenticate } from "../http/authenticate.ts";
import { oneOf, parseQuery } from "../http/query.ts";
import { empty } from "../http/respond.ts";
import type { Idempotency } from "../idempotency/service.ts";
import { listAnswer, messageAnswer } from "./answer.ts";
import { createMessage } from "./create.ts";
import { LOOKUP_SIZE, NOT_A_UUID } from "./input.ts";
import { isLookup, isUuid, MAX_ATTACHMENTS } from "./message.ts";
import { type Publisher, PublishRefused } from "./publisher.ts";
import { rawAnswer } from "./raw.ts";
import type { MessageService } from "./service.ts";
import { UploadGate } from "./upload-gate.ts";
import { ConstraintViolation, constraintViolation, MessageNotFound, s3Problem } from "./wire.ts";

export interface MessageRouteDependencies {
  messages: MessageService;
  publishing: Publisher;
  blobs: BlobStore;
  clock: Clock;
  config: Pick<Config, "webMessages" | "server">;
  authenticate: Authenticate;
  idempotency: Idempotency;
  /** Without a trailing slash. */
  publicUrl: string;
}

const tags = ["Web messages"];
/** Seconds that a connection may be silent at most, as far as the platform goes. */
const LONGEST_SILENCE = 255;
const TITLES = { 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error" } as const;

/** @throws ConstraintViolation for a path parameter that is no UUID */
function uuid(field: string, text: string): string {
  if (!isUuid(text)) throw new ConstraintViolation([{ field, message: NOT_A_UUID }]);
  return text;
}

/** What of an answer S3 says in words of its own. */
async function told(request: Request, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConstraintViolation) return constraintViolation(request, error.violations);
    if (error instanceof MessageNotFound)
      return s3Problem(request, { title: "Not Found", status: 404, detail: error.message });
    if (error instanceof PublishRefused) {
      const { status, detail } = error;
      return s3Problem(request, { title: TITLES[status], status, detail });
    }
    throw error;
  }
}

export function messageRoutes(deps: MessageRouteDependencies) {
  const { messages, authenticate, publishing, clock } = deps;
  const { webMessages, server: http } = deps.config;
  const gate = new UploadGate({ clock, atOnce: webMessages.concurrent });
  const limits = { body: webMessages.body, text: http.limits.body, time: webMessages.requestTimeout };

  const enter = async (request: Request, action: "read" | "write" | "delete"): Promise<Principal> => {
    const principal = await authenticate(request);
    demand(principal, "webmessages", action);
    return principal;
  };

  return new Elysia({ name: "messages" })
    .post(
      "/webmessages",
      ({ request, server }) =>
        told(request, async () => {
          const principal = await enter(request, "write");
          const waits = (ms: number) =>
            server?.timeout(request, Math.min(LONGEST_SILENCE, 30 + Math.ceil(ms / 1_000)));
          return await createMessage(request, principal, { ...deps, gate, limits }, waits);
        }),
      {
        detail: {
          tags,
          operationId: "createWebMessage",
          summary: "Send a message to a party",
          description:
            "Equal references are stored once. An attachment's `mimeType` is found by its name, then by its content; " +
            "one that is sent is ignored. A message with a reference `flowInstanceId` is published to Open-E where " +
            "this server has that. Needs the grant `webmessages:write`.",
        },
      },
    )
    .get(
      "/webmessages/:id",
      ({ request, params }) =>
        told(request, async () => {
          const principal = await enter(request, "read");
          const id = uuid("getWebMessageById.id", params.id);
          const { include } = parseQuery(request, { include: oneOf("publications") });
          const message = await messages.find(principal.organisation.id, id);
          if (!message) throw new MessageNotFound(id);
          const read = (blob: string) => messages.bytes(blob);
          if (include === undefined) return await messageAnswer(request, message, read);
          demand(principal, "deliveries", "read");
          const states = (await publishing.states([message.id])).get(message.id) ?? [];
          const publications = states.map(({ channel, state, at, externalId }) => {
            return { channel, state, at: new Date(at).toISOString(), external_id: externalId };
          });
          return await messageAnswer(request, message, read, { publications });
        }),
      {
        detail: {
          tags,
          operationId: "getWebMessageById",
          summary: "One message",
          description:
            "`include=publications` adds how it stands with its channels; for that the grant `deliveries:read` is " +
            "needed too. Needs the grant `webmessages:read`.",
        },
      },
    )
    .get(
      "/webmessages/recipients/:partyId",
      ({ request, params }) =>
        told(request, async () => {
          const { organisation } = await enter(request, "read");
          const partyId = uuid("getWebMessagesByPartyId.partyId", params.partyId);
          const pages = messages.byParty(organisation.id, partyId);
          return await listAnswer(request, pages, (blob) => messages.bytes(blob));
        }),
      {
        detail: {
          tags,
          operationId: "getWebMessagesByPartyId",
          summary: "All messages of a party, in order of creation",
          description: "Needs the grant `webmessages:read`.",
        },
      },
    )
    .get(
      "/webmessages/external-references/:key/:value",
      ({ request, params }) =>
        told(request, async () => {
          const { organisation } = await enter(request, "read");
          const { key, value } = params;
          const wrong = Object.entries({ key, value }).filter(([, text]) => !isLookup(text));
          if (wrong.length > 0) {
            throw new ConstraintViolation(
              wrong.map(([name]) => {
                return { field: `getWebMessagesByExternalReference.${name}`, message: LOOKUP_SIZE };
              }),
            );
          }
          const pages = messages.byReference(organisation.id, { key, value });
          return await listAnswer(request, pages, (blob) => messages.bytes(blob));
        }),
      {
        detail: {
          tags,
          operationId: "getWebMessagesByExternalReference",
          summary: "All messages with a reference, in order of creation",
          description:
            "Key and value as they were sent, in the same case. Needs the grant `webmessages:read`.",
        },
      },
    )
    .delete(
      "/webmessages/:id",
      ({ request, params }) =>
        told(request, async () => {
          const principal = await enter(request, "delete");
          const id = uuid("deleteWebMessageById.id", params.id);
          const by = {
            organisationId: principal.organisation.id,
            subject: subjectName(principal),
            actor: actorName(principal),
          };
          if (!(await messages.remove(by, id))) throw new MessageNotFound(id);
          return empty(request, 204);
        }),
      {
        detail: {
          tags,
          operationId: "deleteWebMessageById",
          summary: "Remove a message with its attachments",
          description: "Needs the grant `webmessages:delete`.",
        },
      },
    )
    .get(
      "/webmessages/:id/attachments/:number",
      ({ request, params }) =>
        told(request, async () => {
          const { organisation } = await enter(request, "read");
          const id = uuid("getWebMessageAttachment.id", params.id);
          const message = await messages.find(organisation.id, id);
          if (!message) throw new MessageNotFound(id);
          const number = /^\d{1,2}$/.test(params.number) ? Number(params.number) : MAX_ATTACHMENTS;
          const attachment = message.attachments[number];
          if (!attachment)
            throw new MessageNotFound(id, `WebMessage with id '${id}' has no attachment ${params.number}`);
          return await rawAnswer(request, attachment, ({ from, to }) =>
            messages.bytes(attachment.blob, from, to),
          );
        }),
      {
        detail: {
          tags,
          operationId: "getWebMessageAttachment",
          summary: "An attachment as it is",
          description:
            "The first one is 0. Ranges can be asked for (RFC 9110, 14). It is always sent as a file to be saved. " +
            "Needs the grant `webmessages:read`.",
        },
      },
    );
}
