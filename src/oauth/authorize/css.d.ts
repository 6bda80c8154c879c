/** `import text from "./x.css" with { type: "text" }`: the file's text, inside the executable when compiled. */
declare module "*.css" {
  const text: string;
  export default text;
}
