/** What the token server says of itself: RFC 8414, with RFC 9207 and RFC 9449. */
import { DPOP_ALGORITHMS } from "./dpop.ts";
import { TOKEN_EXCHANGE } from "./grants/exchange-request.ts";

export const METADATA_PATH = "/.well-known/oauth-authorization-server";

const CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post"];

/** @param issuer  our address, without a trailing slash */
export function metadata(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    jwks_uri: `${issuer}/oauth/jwks`,
    grant_types_supported: ["client_credentials", "refresh_token", "authorization_code", TOKEN_EXCHANGE],
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    ui_locales_supported: ["en", "sv", "nl", "fr"],
    service_documentation: `${issuer}/docs`,
  };
}

/** Where the metadata of an issuer with a path lies: the path goes behind (RFC 8414, 3.1). */
export function metadataPaths(issuer: string): string[] {
  const { pathname } = new URL(issuer);
  return pathname === "/" ? [METADATA_PATH] : [METADATA_PATH, METADATA_PATH + pathname];
}
