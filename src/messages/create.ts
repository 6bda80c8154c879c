/** `POST /webmessages`, from the first byte of its body to what is stored. */
import type { Principal } from "../accounts/principal.ts";
import type { BlobStore } from "../blobs/store.ts";
import type { BlobWriter } from "../blobs/writer.ts";
import type { Clock } from "../clock.ts";
import { keyOf } from "../idempotency/service.ts";
import { lengthOf, readMessage } from "./body.ts";
import { newMessage, referencesOf, violationsOf } from "./input.ts";
import { answerCreated, type OnceCollaborators } from "./once.ts";
import type { MessageLimits } from "./reading.ts";
import type { SentMessage } from "./sent.ts";
import type { MessageService } from "./service.ts";
import type { UploadGate } from "./upload-gate.ts";
import { Uploads } from "./upload.ts";
import { ConstraintViolation } from "./wire.ts";

export interface CreateCollaborators extends OnceCollaborators {
  messages: MessageService;
  blobs: BlobStore;
  clock: Clock;
  gate: UploadGate;
  limits: MessageLimits;
}

/**
 * @param waits  told when a channel will be waited for, and how long that may take, milliseconds
 * @throws ConstraintViolation, PublishRefused, Problem
 */
export async function createMessage(
  request: Request,
  principal: Principal,
  collaborators: CreateCollaborators,
  waits: (longest: number) => void,
): Promise<Response> {
  const { messages, blobs, gate } = collaborators;
  const leave = await gate.enter(lengthOf(request));
  const uploads = new Uploads(blobs, principal.organisation.id, keyOf(request.headers) !== undefined);
  let stored: readonly BlobWriter[] = [];
  try {
    const sent = await readMessage(request, uploads, collaborators);
    leave();
    const plan = judge(sent, principal, messages);
    const { message, writers } = await newMessage(sent);
    if (plan.waits) waits(plan.longest + message.attachments.reduce((ms, { size }) => ms + size / 1_000, 0));
    return await answerCreated(collaborators, { request, principal, sent, waits: plan.waits }, (also) => {
      // Whoever removes the message removes what they have written: also where it is refused by its channel.
      stored = writers;
      return messages.create(principal, message, { plan, writers, ...(also && { also }) });
    });
  } finally {
    leave();
    await uploads.abandon(stored);
  }
}

/** @throws ConstraintViolation with everything that is wrong */
function judge(sent: SentMessage, { organisation }: Principal, messages: MessageService) {
  const { message, instance = null } = sent;
  const plan = messages.plan(organisation, { message, instance, references: referencesOf(sent) });
  const violations = [...violationsOf(sent), ...plan.violations];
  if (violations.length > 0) throw new ConstraintViolation(violations);
  return plan;
}
