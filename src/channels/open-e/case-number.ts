/** The case that a message is about: its first reference `flowInstanceId`, in whatever case the key is written. */
import type { MessageDraft, Reference } from "../../messages/publisher.ts";
import type { Violation } from "../../problem.ts";

/** xs:int; what is larger is no case number. */
const LARGEST = 2_147_483_647;

/** What S3 says of a case number that is none. */
const NOT_NUMERIC: Violation = {
  field: "externalReferences",
  message: "element with key 'flowInstanceId' must have value of numeric type",
};

export const isFlowInstance = ({ key }: Reference) => key.toLowerCase() === "flowinstanceid";

/** The numeric rule, which holds where no channel of the organisation relaxes it. */
export function flowInstanceViolations({ references }: Pick<MessageDraft, "references">): Violation[] {
  const isNumeric = ({ value }: Reference) => /^\d+$/.test(value) && Number(value) <= LARGEST;
  return references.filter(isFlowInstance).every(isNumeric) ? [] : [NOT_NUMERIC];
}
