/**
 * What the server finds wrong, in the reader's language. The API says it in English (`src/http/members.ts` and its
 * like, JSON Schema by Ajv); here are its sentences with what they are in `common.violation`. One that is not here stays
 * as it is: it is right, if foreign.
 */
import i18next from "i18next";

/** Each with the key of its words; what a sentence names stands in them by the same name. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^is (required|missing)$/, "required"],
  [/^is required with (?<other>\w+)$/, "requiredWith"],
  [/^must be (text|string|a string)$/, "text"],
  [/^must be a string that is not empty$/, "notEmpty"],
  [/^must (not (hold|contain) control characters|be text without control characters)$/, "control"],
  [/^must have (?<min>\d+) to (?<max>\d+) characters$/, "characters"],
  [/^must have at most (?<max>\d+) characters$/, "maxCharacters"],
  [/^must have at least (?<min>\d+) characters$/, "minCharacters"],
  [/^must NOT have more than (?<max>\d+) characters$/, "maxCharacters"],
  [/^must NOT have fewer than (?<min>\d+) characters$/, "minCharacters"],
  [/^must have (1 to|at most) (?<max>\d+) bytes$/, "maxBytes"],
  [/^must hold (?<min>\d+) to (?<max>\d+) bytes, found (?<found>\d+)$/, "bytes"],
  [/^must be one of (?<values>.+)$/s, "oneOf"],
  [/^must be some of (?<values>.+)$/s, "someOf"],
  [/^must be (true or false|boolean)$/, "flag"],
  [/^must be a whole number from (?<min>\d+) to (?<max>\d+)$/, "wholeNumberFrom"],
  [/^must be integer$/, "wholeNumber"],
  [/^must be (a )?number$/, "number"],
  [/^must be (an )?object$/, "object"],
  [/^must be array$/, "list"],
  [/^must be (?<types>[a-z]+(,[a-z]+)+)$/, "types"],
  [/^must be a list of (?<min>\d+) to (?<max>\d+) items$/, "items"],
  [/^must be a list of at most (?<max>\d+) grants$/, "maxItems"],
  [/^must NOT have more than (?<max>\d+) items$/, "maxItems"],
  [/^must NOT have fewer than (?<min>\d+) items$/, "minItems"],
  [/^must NOT have duplicate items/, "uniqueItems"],
  [/^must have at most (?<max>\d+) members$/, "maxMembers"],
  [/^must be >= (?<min>\S+)$/, "minimum"],
  [/^must be <= (?<max>\S+)$/, "maximum"],
  [/^must be > (?<min>\S+)$/, "above"],
  [/^must be < (?<max>\S+)$/, "below"],
  [/^must be multiple of (?<step>\S+)$/, "multipleOf"],
  [/^must match pattern "(?<pattern>.+)"$/s, "pattern"],
  [/^must match format "(?<format>.+)"$/, "format"],
  [/^must match (exactly one|a) schema in (oneOf|anyOf)$/, "noForm"],
  [/^must be equal to constant$/, "constant"],
  [/^must be a duration with its unit/, "duration"],
  [/^must be from (?<min>\S+) to (?<max>\S+)$/, "range"],
  [/^must be an e-mail address/, "email"],
  [/^(must be an ISO 8601 time|is not a time)/, "time"],
  [/^must be later than (?<other>\w+)$/, "later"],
  [/^must be an IP address or a network/, "network"],
  [/^must be an absolute http:\/\/ or https:\/\/ URL$/, "url"],
  [/^must be (an absolute https:\/\/ URL, or|https:\/\/;) http:\/\/ /, "httpsUrl"],
  [/^must be a website such as (?<example>\S+)/, "website"],
  [/^must be an address such as (?<example>\S+)/, "website"],
  [/^must be a UUID$/, "uuid"],
  [/^must not have a fragment$/, "fragment"],
  [/^must not hold a user or a password/, "credentials"],
  [/^is not a member here;/, "unknown"],
  [/^is not a field of this type$/, "unknownField"],
  [/^is given twice$/, "twice"],
  [/^is not right$/, "wrong"],
  [/^there is no (account|role|topic) (?<name>[^;,]+)/, "noSuch"],
  [/^is an account that is disabled, removed or expired$/, "endedAccount"],
  [/^must be 1 to 63 characters of a-z, 0-9, - and _/, "code"],
  [/^must be 1 to 100 letters, digits and characters of \. _ @ \+ -$/, "username"],
  [/^must not be the username, the e-mail address or the name$/, "passwordIsName"],
  [/^must not be one character many times$/, "passwordIsSimple"],
  [/^is a header that cannot be set$/, "fixedHeader"],
  [/^must be 1 to (?<max>\d+) visible ASCII characters/, "headerValue"],
  [/is not a header's name of at most (?<max>\d+) characters$/, "headerName"],
  [/^must hold PEM certificates/, "certificates"],
  [/^holds a certificate that cannot be read$/, "certificates"],
  [/^must be (an unencrypted private key in PEM|a private key)/, "privateKey"],
  [/^is not the key of the first certificate/, "otherKey"],
  [/^needs an https:\/\/ URL$/, "needsHttps"],
  [/^must (start with whsec_|be padded base64)/, "whsec"],
  [/^needs a topic of a type: only records have fields$/, "needsType"],
  [/^(?<target>.+?) is .+; webhooks\.allow_targets does not list (exactly )?it$/, "blocked"],
  [/^(?<target>.+) is reached by https only;/, "httpsOnly"],
  [/^port (?<port>\d+) of (?<target>.+) is closed;/, "closedPort"],
];

/** @param message  of a violation, as the server wrote it */
export function violationText(message: string): string {
  const t = i18next.getFixedT(null, "common");
  for (const [sentence, key] of SENTENCES) {
    const match = sentence.exec(message);
    if (match) return t(`violation.${key}`, { ...match.groups });
  }
  return message;
}
