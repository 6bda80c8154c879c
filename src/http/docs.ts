/** `/docs`, `/openapi.json`, `/openapi.yaml`. */
import { Elysia } from "elysia";

export function docsRoutes(_deps: object, _routes: () => readonly { method: string; path: string }[]) {
  return new Elysia({ name: "docs" });
}
