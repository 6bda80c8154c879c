/**
 * What Open-E answers. It is read with suspicion: no document type (so no entities of its own and no files or URLs), no
 * more than a few levels, and nothing but what `addMessage` and its faults are made of.
 */
import { XMLParser } from "fast-xml-parser";

import { isObject } from "../../http/json.ts";

export type OpenEAnswer =
  | { kind: "taken"; messageId: string }
  /** `names`: of what is in the fault's detail. */
  | { kind: "fault"; names: readonly string[]; text: string }
  | { kind: "unreadable"; reason: string };

/** Longer faults are cut. */
const LONGEST_TEXT = 500;

const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  // Numeric character references are left alone without.
  htmlEntities: true,
  maxNestedTags: 20,
});

/** @param text  the whole answer */
export function readAnswer(text: string): OpenEAnswer {
  // SOAP 1.1, 3: "A SOAP message MUST NOT contain a Document Type Declaration."
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return unreadable("it has a document type, which SOAP forbids");
  let document: unknown;
  try {
    document = parser.parse(text, true);
  } catch {
    return unreadable("it is not XML");
  }
  const body = member(member(document, "Envelope"), "Body");
  const fault = member(body, "Fault");
  if (isObject(fault))
    return { kind: "fault", names: namesIn(fault["detail"]), text: textOf(fault["faultstring"]) };
  const messageId = textOf(member(member(body, "addMessageResponse"), "messageID"));
  if (/^\d{1,20}$/.test(messageId)) return { kind: "taken", messageId };
  return unreadable("it has neither a messageID nor a Fault");
}

const unreadable = (reason: string): OpenEAnswer => ({ kind: "unreadable", reason });

function member(of: unknown, name: string): unknown {
  return isObject(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}

function namesIn(detail: unknown): string[] {
  return isObject(detail) ? Object.keys(detail) : [];
}

/** An element's text; one with children or attributes of its own keeps it in `#text`. */
function textOf(value: unknown): string {
  const text = isObject(value) ? value["#text"] : value;
  return typeof text === "string" ? text.trim().slice(0, LONGEST_TEXT) : "";
}
