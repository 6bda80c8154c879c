import { describe, expect, test } from "bun:test";

import { readAnswer } from "./answer.ts";

const soap = (body: string) =>
  `<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>${body}</S:Body></S:Envelope>`;
const taken = (id: string) =>
  soap(`<ns2:addMessageResponse><messageID>${id}</messageID></ns2:addMessageResponse>`);
const fault = (text: string, detail: string) =>
  soap(`<S:Fault><faultstring>${text}</faultstring><detail>${detail}</detail></S:Fault>`);

describe("an answer of Open-E", () => {
  test("has a messageID, whatever the prefixes", () => {
    expect(readAnswer(taken(" 151\n"))).toEqual({ kind: "taken", messageId: "151" });
    expect(readAnswer(`\ufeff${taken("0")}`)).toEqual({ kind: "taken", messageId: "0" });
  });

  test("has a fault, with the names of what is in its detail", () => {
    expect(readAnswer(fault("No", '<a:AccessDeniedFault xmlns:a="x"/>'))).toEqual({
      ...{ kind: "fault", names: ["AccessDeniedFault"], text: "No" },
    });
    expect(readAnswer(fault("<![CDATA[a & b]]>", "<X>1</X><Y/>"))).toEqual({
      ...{ kind: "fault", names: ["X", "Y"], text: "a & b" },
    });
    expect(readAnswer(fault("", ""))).toEqual({ kind: "fault", names: [], text: "" });
  });

  test("has a fault's text cut where it is long", () => {
    const answer = readAnswer(fault("x".repeat(10_000), ""));
    expect(answer.kind === "fault" && answer.text.length).toBe(500);
  });

  test.each([
    ["nothing", ""],
    ["text", "OK"],
    ["HTML", "<html><body><h1>502</h1></body></html>"],
    ["another body", soap("<addMessageResponse/>")],
    ["a messageID elsewhere", "<messageID>1</messageID>"],
    ["a negative messageID", taken("-1")],
    ["two envelopes", taken("1") + taken("2")],
    ["an element that is not closed", soap("<a>")],
    ["a member of Object's prototype", soap("<constructor><messageID>1</messageID></constructor>")],
  ])("that is %s cannot be read", (_, text) => {
    expect(readAnswer(text).kind).toBe("unreadable");
  });

  test.each([
    ["entities", `<!DOCTYPE a [<!ENTITY x "1">]>${taken("&x;")}`],
    ["a file", `<!DOCTYPE a SYSTEM "file:///etc/passwd">${taken("1")}`],
    ["in lower case", `<!doctype a>${taken("1")}`],
    ["in a comment", taken("1").replace("<S:Body>", "<!--<!DOCTYPE a>--><S:Body>")],
  ])("with a document type (%s) is refused before it is parsed", (_, text) => {
    expect(readAnswer(text)).toEqual({
      kind: "unreadable",
      reason: "it has a document type, which SOAP forbids",
    });
  });

  test("has its character references read, once", () => {
    expect(readAnswer(fault("&#229;&#xE4;&amp;lt;", ""))).toMatchObject({ text: "åä&lt;" });
  });
});
