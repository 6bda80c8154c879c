import { expect, test } from "bun:test";

import { pageAnswer } from "./answer.ts";
import { afterLogin, parsePrompt } from "./visit.ts";

test("prompt: who is to be asked, and none stands alone", () => {
  expect(parsePrompt(null)).toEqual({ none: false, login: false });
  expect(parsePrompt("")).toEqual({ none: false, login: false });
  expect(parsePrompt("consent")).toEqual({ none: false, login: false });
  expect(parsePrompt("none")).toEqual({ none: true, login: false });
  expect(parsePrompt("consent login")).toEqual({ none: false, login: true });
  expect(parsePrompt("select_account")).toEqual({ none: false, login: true });
  expect(parsePrompt("none consent")).toBeUndefined();
});

test("after a login the request is the same, but asks for none", () => {
  const query = new URLSearchParams("client_id=a&prompt=login&state=%26+%C3%A5&scope=a:b+c:d");
  const rest = new URLSearchParams(afterLogin(query));
  expect(Object.fromEntries(rest)).toEqual({ client_id: "a", state: "& å", scope: "a:b c:d" });
});

test("a page's forms lead to this server, and only where there is a client also to schemes", () => {
  const forms = (target?: string) => {
    const request = new Request("http://localhost/");
    const answer = pageAnswer(request, "", { language: "en", ...(target !== undefined && { target }) });
    return /form-action ([^;]*);/.exec(answer.headers.get("content-security-policy") ?? "")?.[1];
  };
  expect(forms()).toBe("'self'");
  expect(forms("https://site.example/callback")).toBe("'self' https:");
  expect(forms("http://[::1]:8080/callback")).toBe("'self' http: https:");
});
