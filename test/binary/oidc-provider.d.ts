/** As much of oidc-provider as the reference server needs; it brings no types. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface Model {
    save(): Promise<string>;
  }

  interface Grant extends Model {
    addOIDCScope(scope: string): void;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    Client: { find(id: string): Promise<object | undefined> };
    Grant: new (of: Record<string, unknown>) => Grant;
    AuthorizationCode: new (of: Record<string, unknown>) => Model;
  }
}
