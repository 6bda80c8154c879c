/** `/api/v1/me`. */
import type { Resource } from "./resource.ts";
import { jsonAnswer, object, ref } from "./spec.ts";

export const accounts: Resource = {
  tag: { name: "Accounts", description: "Whose token it is, and what it may do." },
  schemas: {
    Me: object(
      {
        organisation: object({ code: { type: "string" }, name: { type: "string" } }),
        subject: object({
          kind: { type: "string", enum: ["account"] },
          id: { type: "string" },
          client_id: { type: "string" },
          name: { type: "string" },
        }),
        actor: {
          type: "string",
          description: "Who acts in the subject's name, where that is somebody else.",
        },
        grants: { type: "array", items: ref("Grant") },
      },
      ["actor"],
    ),
    Grant: {
      ...object({
        resource: { type: "string", description: "A type such as `trainings`, `receivers`, or `*`." },
        actions: {
          type: "array",
          items: { type: "string", enum: ["read", "write", "delete", "run", "manage", "*"] },
        },
      }),
      description: "What the account may do.",
    },
  },
  operations: {
    getMe: {
      responses: {
        "200": jsonAnswer("The caller.", ref("Me"), {
          organisation: { code: "demo", name: "Demo" },
          subject: {
            kind: "account",
            id: "0196e3a0-7c1e-7d2b-9f3a-5c1d2e4f6a7b",
            client_id: "demo-7f3k2m9q",
            name: "Line of business",
          },
          grants: [{ resource: "trainings", actions: ["read", "write"] }],
        }),
      },
    },
  },
};
