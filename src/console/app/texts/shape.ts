/**
 * What a language's texts must be, given the English ones: the same keys, each a text. Plurals end in what the
 * language's rules call them (`_one`, `_other`; French has `_many` for millions): those are held to the rules by a test.
 */
export type Like<English> = {
  [
    Key in keyof English as Key extends `${string}_${"one" | "other"}` ? never : Key
  ]: English[Key] extends string ? string : Like<English[Key]>;
} & { [Key in keyof English as Key extends `${string}_${"one" | "other"}` ? Key : never]: string } & {
  [Key in keyof English as Key extends `${infer Base}_other` ? `${Base}_many` : never]?: string;
};
