/** What the console's bundle is, and where it lies. */

/** Where the files lie, from the repository's root: each as `NAME.br` and `NAME.gz`, and which of them begin. */
export const PACKED = "dist/assets/console";
export const MANIFEST = "manifest.json";

export interface Manifest {
  script: string;
  styles: string[];
  /** What the script imports at once, and what that does: asked for beside it, not one after the other. */
  imports: string[];
  /** Names of all files. */
  files: string[];
}
