/** Sends a file and tells how far it has come, which `fetch` cannot. */
import { apiUrl, requestHeaders } from "../../../api/client.ts";
import { ApiError, apiError } from "../../../api/errors.ts";
import type { Operation } from "../../../parts/OperationProgress.tsx";

/**
 * @param path  of the API
 * @param sent  told of the part of it that has been sent, 0 to 1
 * @throws ApiError
 */
export function upload(
  path: string,
  file: File,
  contentType: string,
  sent: (part: number) => void,
): Promise<Operation> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", apiUrl(path));
    for (const [name, value] of Object.entries(requestHeaders())) request.setRequestHeader(name, value);
    request.setRequestHeader("content-type", contentType);
    request.upload.onprogress = ({ loaded, total }) => sent(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiError(0, "unreachable", "", ""));
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status === 202) resolve(body as Operation);
      else reject(apiError(request.status, body));
    };
    request.send(file);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
