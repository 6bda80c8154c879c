/** A message whose request bears an `Idempotency-Key`: it is stored and published once, however often it is sent. */
import type { Principal } from "../accounts/principal.ts";
import { empty } from "../http/respond.ts";
import { ownerOf, replay } from "../idempotency/routes.ts";
import { type Idempotency, keyOf } from "../idempotency/service.ts";
import { PublishRefused } from "./publisher.ts";
import type { Also } from "../store/store.ts";
import type { SentMessage } from "./sent.ts";

export interface OnceCollaborators {
  idempotency: Idempotency;
  /** Without a trailing slash. */
  publicUrl: string;
}

interface Asked {
  request: Request;
  principal: Principal;
  sent: SentMessage;
  /** Whether the answer waits for a channel. */
  waits: boolean;
}

/**
 * Stores a message by `create`, or answers as when it was stored.
 * @param sent  by what it says a request is known again: not by its bytes, since a form never has the same ones
 */
export async function answerCreated(
  { idempotency, publicUrl }: OnceCollaborators,
  { request, principal, sent, waits }: Asked,
  create: (also?: Also<string>) => Promise<string>,
): Promise<Response> {
  const locationOf = (id: string) => ({ location: `${publicUrl}/webmessages/${id}` });
  const key = keyOf(request.headers);
  if (key === undefined) return empty(request, 201, locationOf(await create()));
  const fingerprint = idempotency.fingerprint(request, contentOf(sent));
  const { claim, answer } = await idempotency.begin(ownerOf(principal), key, fingerprint);
  if (answer) return replay(request, answer);
  const answerOf = (id: string) => ({ status: 201, headers: locationOf(id), body: null });
  let id: string;
  // Its channel may refuse it, and then it is taken back.
  const state = waits ? "written" : "done";
  try {
    id = await claim.around(() => create((tx, made) => claim.promise(tx, answerOf(made), state)));
  } catch (error) {
    // What its channel refuses has been taken back.
    await claim.release(error instanceof PublishRefused);
    throw error;
  }
  await claim.settle(answerOf(id));
  return empty(request, 201, locationOf(id));
}

function contentOf({ attachments, ...sent }: SentMessage): string {
  const files = attachments.map(({ fileName, upload }) => [fileName, upload?.size, upload?.digest]);
  return JSON.stringify([sent, files]);
}
