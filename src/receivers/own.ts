/** Whose receivers somebody sees: in the portal, those of the account alone, as if there were no others. */
import type { Principal } from "../accounts/principal.ts";
import type { ReceiverService } from "./service.ts";

/** @throws Problem `not_found` for what is not the portal's own; whoever is not in the portal sees all of them */
export async function demandOwnReceiver(
  receivers: Pick<ReceiverService, "get">,
  { portal, organisation, subject }: Principal,
  id: string,
): Promise<void> {
  if (portal) await receivers.get(organisation.id, id, { deleted: true, account: subject.id });
}
