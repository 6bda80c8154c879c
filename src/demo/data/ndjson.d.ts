/** `import path from "./x.ndjson" with { type: "file" }`: the file's path, inside the executable when compiled. */
declare module "*.ndjson" {
  const path: string;
  export default path;
}
