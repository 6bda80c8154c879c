/** `Idempotency-Key` on the operations that take it: those whose routes are `once` (`idempotency/routes.ts`). */
import { problems } from "./problems.ts";
import { type Operation, type Parameter, type PathItem, ref } from "./spec.ts";

/** Beside those that make records, or have to do with files of them. */
const TAKERS = new Set([
  ...[
    "createAccount",
    "createAccountToken",
    "setAccountTotp",
    "createImpersonationPolicy",
    "createPortalLink",
  ],
  ...["createUser", "resetUserTotp", "createOrganisation", "setOrganisationPassword"],
  ...["createReceiver", "testReceiver", "rotateReceiverSecret", "recoverReceiver"],
  ...["resendDelivery", "resendDeliveries", "resendPublication"],
  ...["createWebMessage", "exportParty", "eraseParty", "runAction", "runSchedule"],
  ...["verifyAuditLog"],
]);

export const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "A key of your own for this request, such as a UUID. Sent again with the same key within 24 hours, a request that " +
    "succeeded is not carried out again but answered as before, with `Idempotency-Replayed: true`. Another request " +
    "by the same key is refused (422), and the same one while the first is under way (409).",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
  example: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
};

/** Says it of every operation that takes a key. @param recordPaths  those that records are posted to */
export function describeIdempotency(
  paths: Readonly<Record<string, PathItem>>,
  recordPaths: ReadonlySet<string>,
): void {
  for (const [path, item] of Object.entries(paths)) {
    const { post } = item;
    const of = path.replace(/\/(?:im|ex)port$/, "");
    if (post && (recordPaths.has(of) || TAKERS.has(post.operationId))) describe(post);
  }
}

function describe(operation: Operation): void {
  operation.parameters = [...(operation.parameters ?? []), ref("IdempotencyKey", "parameters")];
  operation.responses = { ...problems("malformed", "conflict", "invalid"), ...operation.responses };
}
