/** Answers to pulls: what they say of themselves, to whom they may be shown again, and how they are compressed. */
import { chooseEncoding, NOT_SHARED, requestId } from "../http/respond.ts";
import { encode, type Encoding, type Form, type Kept } from "./cache.ts";
import { corsHeaders } from "./cors.ts";
import { csvText } from "./formats/csv.ts";
import { type Answer, jsonText } from "./formats/json.ts";
import type { View } from "../grants/view.ts";

/** Below this a compressed answer is hardly smaller. */
const COMPRESS_FROM = 1_400;
/** What the same URL is answered by, beside its parameters: RFC 9110, 12.5.5. */
const VARY = "accept-encoding, authorization, apikey, cookie, origin";

export interface Body {
  text: string;
  headers: Record<string, string>;
}

/** The text of an answer in the format that was asked for. @param place  what makes the ids of events unique */
export async function bodyOf(
  answer: Answer,
  view: View,
  place: { host: string; organisation: string },
): Promise<Body> {
  const { type, pull, warnings } = answer;
  const common = { "x-content-type-options": "nosniff" };
  if (pull.format === "json") {
    return { text: await jsonText(answer), headers: { ...common, "content-type": "application/json" } };
  }
  // There is no place for them in these formats.
  const told = warnings.length > 0 ? { "koppla-warning": warnings.join(" ") } : {};
  if (pull.format === "csv") {
    return {
      text: csvText(answer, view),
      headers: {
        ...{ ...common, ...told, "content-type": "text/csv; charset=utf-8" },
        "content-disposition": `attachment; filename="${type.name}.csv"`,
      },
    };
  }
  // Loaded when somebody asks: nobody has to wait for it at the start.
  const { icalText } = await import("./formats/ical.ts");
  return {
    text: icalText(answer, place.host, place.organisation),
    headers: {
      ...{ ...common, ...told, "content-type": "text/calendar; charset=utf-8" },
      "content-disposition": `inline; filename="${type.name}.ics"`,
    },
  };
}

/** An answer for this caller alone. */
export function privateAnswer(request: Request, { text, headers }: Body): Response {
  const all: Record<string, string> = {
    ...{ ...headers, "cache-control": NOT_SHARED, vary: VARY },
    "x-request-id": requestId(request),
  };
  const encoding = text.length < COMPRESS_FROM ? undefined : chooseEncoding(accepted(request));
  if (!encoding) return new Response(text, { headers: all });
  all["content-encoding"] = encoding;
  return new Response(encoding === "zstd" ? Bun.zstdCompressSync(text) : Bun.gzipSync(text, { level: 1 }), {
    headers: all,
  });
}

/**
 * An answer that is the same for everybody. Its headers are made once for each form of it: that takes longer than to
 * send it.
 * @param maxAge  how long others may keep it without asking, seconds
 * @param origin  of the page that may read it
 */
export function publicAnswer(
  request: Request,
  kept: Kept,
  { maxAge, origin }: { maxAge: number; origin: string | undefined },
): Response {
  const encoding = kept.bytes.byteLength < COMPRESS_FROM ? undefined : chooseEncoding(accepted(request));
  const form = formOf(kept, encoding, maxAge);
  const known = request.headers.get("if-none-match");
  const same = known !== null && isKnown(known, kept);
  const response = same
    ? new Response(null, { status: 304, headers: form.unchanged })
    : new Response(form.bytes, { headers: form.headers });
  response.headers.set("x-request-id", requestId(request));
  if (origin !== undefined)
    for (const [name, value] of Object.entries(corsHeaders(origin))) response.headers.set(name, value);
  return response;
}

function formOf(kept: Kept, encoding: Encoding | undefined, maxAge: number): Form {
  const name = encoding ?? "identity";
  let form = kept.forms.get(name);
  if (!form) {
    const unchanged = {
      "cache-control": maxAge > 0 ? `public, max-age=${maxAge}` : "public, no-cache",
      etag: tagOf(kept, encoding),
      vary: VARY,
    };
    const coded = encoding && { "content-encoding": encoding };
    form = {
      bytes: encoding ? encode(kept, encoding) : kept.bytes,
      headers: new Headers({ ...unchanged, ...kept.headers, ...coded }),
      unchanged: new Headers(unchanged),
    };
    kept.forms.set(name, form);
  }
  return form;
}

const accepted = (request: Request) => request.headers.get("accept-encoding");

/** Strong, so of each form its own. */
function tagOf({ tag }: Kept, encoding: Encoding | undefined): string {
  return encoding ? `"${tag}-${encoding}"` : `"${tag}"`;
}

/** RFC 9110, 13.1.2. Whoever has one form of it has what he needs. */
function isKnown(header: string, kept: Kept): boolean {
  if (header.trim() === "*") return true;
  return header.split(",").some((part) => part.trim().replace(/^W\/|"|-(?:gzip|zstd)"$/g, "") === kept.tag);
}
