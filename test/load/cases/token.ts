/** Access tokens: one by client credentials, durable with its line in the audit log, against the bare insert. */
import type { Case } from "../lib/bench.ts";
import { Koppla } from "../lib/koppla.ts";
import { ITEM, startInsert } from "../lib/subjects.ts";

const bare = { method: "POST", path: "/", body: ITEM };

export const tokenCase: Case = {
  name: "token",
  async run({ generator, report, alternate, time }) {
    const koppla = await Koppla.start();
    const server = koppla.subject(generator);
    const insert = await startInsert(generator);
    const made = { name: "JWT", grants: [{ resource: "*", actions: ["*"] }], token: { kind: "jwt" } };
    const jwt = await koppla.api<{ client_id: string; token: string }>("POST", "/api/v1/accounts", 201, made);
    const ask = ({ client_id, token }: { client_id: string; token: string }) => ({
      method: "POST",
      path: "/oauth/token",
      headers: {
        authorization: `Basic ${btoa(`${client_id}:${token}`)}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: "grant_type=client_credentials",
    });
    const connections = 64;
    const measured = await alternate({
      opaque: () => server.load(ask(koppla.account), { connections }, time),
      insert: () => insert.load(bare, { connections, status: 201 }, time),
      jwt: () => server.load(ask(jwt), { connections }, time),
    });
    for (const side of ["opaque", "jwt"]) {
      report.add(`token-${side}`, "/s", {
        value: measured.rate(side),
        cpu: measured.cpu(side),
        bare: measured.rate("insert"),
        ratio: measured.rateRatio(side, "insert"),
        p50: measured.p50(side),
        p99: measured.p99(side),
      });
    }
    await Promise.all([koppla.remove(), insert.stop()]);
  },
};
