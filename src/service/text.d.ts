/** `import text from "./x.service" with { type: "text" }`: the file's text, inside the executable when compiled. */
declare module "*.service" {
  const text: string;
  export default text;
}
