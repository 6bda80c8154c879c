/** What a request was denied, as an event: grants that are missing and credentials that were refused. */
import { Forbidden, LoginDenied } from "../accounts/principal.ts";
import { type ClientAddresses, originOf } from "../http/client-address.ts";
import type { Logger } from "../log.ts";
import type { Problem } from "../problem.ts";
import { type AuditEntry, type Author, authorOf, NOBODY } from "./entry.ts";
import type { AuditLog } from "./service.ts";

/** @returns what notes an error of a request, where it is a denial; for `http/errors.ts` */
export function denialNotes({
  audit,
  addresses,
  log,
}: {
  audit: AuditLog;
  addresses: ClientAddresses;
  log: Logger;
}): (request: Request, error: Problem) => Promise<void> | undefined {
  const note = async (author: Author, entry: AuditEntry): Promise<void> => {
    try {
      await audit.note(author, entry);
    } catch (error) {
      // A disk that is full makes nothing of a denial but a denial.
      log.error("a denial could not be written to the audit log", { error, action: entry.action });
    }
  };
  return (request, error) => {
    if (error instanceof Forbidden) {
      const { principal, resource, action } = error;
      return note(authorOf(principal, originOf(addresses, request)), {
        action: "access.denied",
        outcome: "denied",
        detail: { grant: `${resource}:${action}`, ...lineOf(request) },
      });
    }
    if (error instanceof LoginDenied) {
      const { known, reason } = error;
      const author: Author = {
        organisationId: known?.organisationId ?? NOBODY,
        subject: known?.subject ?? null,
        actor: null,
        client: null,
        origin: originOf(addresses, request),
      };
      return note(author, {
        action: "login.denied",
        outcome: "denied",
        detail: { reason, ...lineOf(request) },
      });
    }
    return undefined;
  };
}

/** Without the query, in which secrets may stand (`pw`). */
function lineOf(request: Request): { method: string; path: string } {
  return { method: request.method, path: new URL(request.url).pathname };
}
