/** Gives a file to the browser to keep. It is never opened as a page: what came from outside cannot run here. */
import { send } from "../api/client.ts";

/**
 * @param path  of the API
 * @param name  the file's
 * @throws ApiError
 */
export async function download(path: string, name: string, init: RequestInit = {}): Promise<void> {
  const response = await send(path, init);
  save(await response.blob(), name);
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has it once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
