/** Web messages as a partner's program sends them. */
import { eventually } from "./eventually.ts";
import type { Partner } from "./partner.ts";

/** The public documentation's. */
export const PARTY = "81471222-5798-11e9-ae24-57fa13b361e1";

export interface SentMessage {
  partyId?: unknown;
  message?: unknown;
  externalReferences?: unknown;
  attachments?: unknown;
  [more: string]: unknown;
}

export const EXAMPLE = {
  partyId: PARTY,
  message: "This is a message",
  externalReferences: [{ key: "caseNumber", value: "356434" }],
  attachments: [{ fileName: "test.pdf", base64Data: "JVBERi0xLjc=" }],
} satisfies SentMessage;

/** Sends a message and answers its id; whatever is not accepted fails the test. */
export async function sendMessage(partner: Partner, message: SentMessage = EXAMPLE): Promise<string> {
  const response = await partner.post("/webmessages", message);
  if (response.status !== 201) throw new Error(`not accepted: ${response.status} ${await response.text()}`);
  return response.headers.get("location")?.split("/").at(-1) ?? "";
}

interface Operation {
  id: string;
  status: string;
  message: string;
  result: Record<string, unknown> | null;
}

/** Starts an operation and waits for its end. */
export async function operated(partner: Partner, path: string): Promise<Operation> {
  const { id } = await partner.send<Operation>("POST", path, undefined, 202);
  return await eventually("the operation ended", async () => {
    const operation = await partner.read<Operation>(`/api/v1/operations/${id}`);
    return operation.status === "IN_PROGRESS" ? undefined : operation;
  });
}

/** A party's messages, exported. */
export async function exportedParty(partner: Partner, party = PARTY): Promise<{ operationId: string }> {
  const { id, status, message } = await operated(partner, `/api/v1/webmessages/parties/${party}/export`);
  if (status !== "SUCCESS") throw new Error(message);
  return { operationId: id };
}
