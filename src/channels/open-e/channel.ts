/** Open-E: a message about one of its cases is added to that case. */
import type { OpenEConfig } from "../../config/types.ts";
import type { ChannelMessage, MessageDraft } from "../../messages/publisher.ts";
import type { OutgoingRequest } from "../../outgoing/request.ts";
import { version } from "../../version.ts";
import { streamedBody } from "../body.ts";
import {
  type Channel,
  type ChannelContext,
  type ChannelOutcome,
  failed,
  uploadTime,
  type Verdict,
} from "../channel.ts";
import { readAnswer } from "./answer.ts";
import { flowInstanceViolations, isFlowInstance } from "./case-number.ts";
import { addMessage } from "./envelope.ts";

/** An answer is some hundred bytes, one with a Java trace in it some ten thousand. */
const ANSWER_LIMIT = 262_144;
const NOT_TAKEN = "Open-E did not take the message.";
const NO_ANSWER = "Open-E did not answer.";

export class OpenEChannel implements Channel {
  readonly #config: OpenEConfig;
  readonly #tls: OutgoingRequest["tls"];

  constructor(config: OpenEConfig, tls: OutgoingRequest["tls"]) {
    this.#config = config;
    this.#tls = tls;
  }

  get name(): string {
    return this.#config.name;
  }

  get longest(): number {
    return this.#config.connectTimeout + this.#config.timeout;
  }

  judge(draft: MessageDraft): Verdict {
    const { instances, endpoint, numericFlowInstanceId } = this.#config;
    const takes = draft.references.some(isFlowInstance);
    const violations = numericFlowInstanceId ? flowInstanceViolations(draft) : [];
    if (takes && draft.message.trim() === "")
      violations.push({ field: "message", message: "must not be empty" });
    const isMissing = draft.instance === null && takes && !endpoint;
    const isUnknown = draft.instance !== null && !instances.has(draft.instance.toLowerCase());
    if (isMissing || isUnknown) {
      const names = [...instances.keys()].map((name) => `'${name}'`).join(" or ");
      const message = names === "" ? "there are no instances" : `instance can only be ${names}`;
      violations.push({ field: "oepInstance", message });
    }
    return { takes, violations };
  }

  async publish(message: ChannelMessage, context: ChannelContext): Promise<ChannelOutcome> {
    const { connectTimeout, timeout, instances, endpoint } = this.#config;
    const flowInstance = message.references.find(isFlowInstance);
    const to = message.instance === null ? endpoint : instances.get(message.instance.toLowerCase());
    // Both were there when the message came; the YAML may have been changed since.
    if (!flowInstance || !to) {
      const detail = flowInstance ? "the YAML has no such instance any more" : "there is no flowInstanceId";
      return { ...failed({ body: "" }, NOT_TAKEN), error: "blocked", detail };
    }
    const body = streamedBody(addMessage(message, flowInstance.value));
    const result = await context.send({
      ...{ url: to.url, method: "POST", stream: body, connectTimeout, answerLimit: ANSWER_LIMIT },
      headers: {
        "content-type": "text/xml; charset=UTF-8",
        accept: "text/xml",
        soapaction: '""',
        "user-agent": `koppla/${version}`,
        ...(to.username !== null && { authorization: basic(to.username, to.password ?? "") }),
      },
      timeout: connectTimeout + timeout + uploadTime(body.size),
      signal: context.signal,
      ...(this.#tls && { tls: this.#tls }),
    });
    const { status = null } = result;
    if (result.error !== undefined) return failed(result, NO_ANSWER);
    if (result.cut) {
      const detail = `the answer is larger than ${ANSWER_LIMIT} bytes`;
      return { ...failed(result, NOT_TAKEN), error: "answer", detail };
    }
    const answer = readAnswer(result.body);
    const isSuccess = status !== null && status >= 200 && status < 300;
    if (answer.kind === "taken" && isSuccess)
      return { published: true, statusCode: status, externalId: answer.messageId };
    if (answer.kind === "fault") return { ...failed(result, NOT_TAKEN), ...faultOf(answer) };
    if (!isSuccess) return failed({ ...result, detail: `HTTP ${status}` }, NOT_TAKEN);
    const detail =
      answer.kind === "unreadable" ? answer.reason : "it has a messageID, and a status of failure";
    return { ...failed(result, NOT_TAKEN), error: "answer", detail };
  }
}

/** A fault in the words of S3: `FlowInstanceNotFoundFault` is 404, `AccessDeniedFault` 401, whatever else 500. */
function faultOf({ names, text }: { names: readonly string[]; text: string }) {
  const name = ["FlowInstanceNotFoundFault", "AccessDeniedFault"].find((known) => names.includes(known));
  const detail = `${name ?? names[0] ?? "Fault"}${text === "" ? "" : `: ${text}`}`;
  const fault = { error: "fault", detail } as const;
  if (name === undefined) return fault;
  // No retry finds a case that is not there; access may be given yet.
  return name === "AccessDeniedFault"
    ? { ...fault, told: { status: 401, detail: text || "Access denied" } as const }
    : {
        ...fault,
        final: true,
        told: { status: 404, detail: text || "The flow instance was not found" } as const,
      };
}

/** RFC 7617, with the user and password in UTF-8. */
function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
