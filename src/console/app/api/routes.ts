/**
 * The public API as Eden Treaty sees an application: the operations of the API document, put where their paths are.
 * Eden would infer this from the server's routes, but those read bodies and queries by rules that Elysia's types do not
 * have; the document says them all.
 */
import type { Operations, routes } from "../../../../sdk/typescript/src/api.ts";

type Routes = typeof routes;
type Name = keyof Routes & keyof Operations;

/** `{id}` is `:id` to Eden. */
type Step<Text extends string> = Text extends `{${infer Parameter}}` ? `:${Parameter}` : Text;

interface Leaf<Operation extends { path: unknown; query: unknown; body: unknown; answer: unknown }> {
  body: Operation["body"];
  params: Operation["path"];
  query: Operation["query"] extends Record<string, never> ? unknown : Operation["query"];
  headers: unknown;
  response: { 200: Operation["answer"] };
}

type Placed<
  Path extends string,
  Method extends string,
  Operation,
> = Path extends `/${infer Head}/${infer Rest}`
  ? { [Key in Step<Head>]: Placed<`/${Rest}`, Method, Operation> }
  : Path extends `/${infer Last}`
    ? { [Key in Step<Last>]: { [Key in Lowercase<Method>]: Operation } }
    : never;

type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

export type ApiRoutes = Together<
  { [Key in Name]: Placed<Routes[Key][1], Routes[Key][0], Leaf<Operations[Key]>> }[Name]
>;
