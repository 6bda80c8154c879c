/** `multipart/form-data` (RFC 7578), of a body that has been read within its limits already. */
import { Busboy, type BusboyInstance } from "@fastify/busboy";

import { Problem } from "../problem.ts";

/** A file that a form has uploaded. */
export interface FormFile {
  /** Of the form's variable. */
  name: string;
  /** As whoever sent it says; good for nothing but messages. */
  fileName: string;
  /** The media type that was sent with it. */
  type: string;
  bytes: Uint8Array;
}

export interface MultipartForm {
  fields: { name: string; value: string }[];
  files: FormFile[];
}

/** Headers of one part, bytes and number. */
const HEADERS = { headerSize: 4_096, headerPairs: 20 } as const;
const MAX_FILES = 10;

/**
 * @param type  the request's `Content-Type`, with the boundary
 * @param maxFields  more are refused
 * @throws Problem `malformed`
 */
export function readMultipart(bytes: Uint8Array, type: string, maxFields: number): Promise<MultipartForm> {
  const form: MultipartForm = { fields: [], files: [] };
  const { promise, resolve, reject } = Promise.withResolvers<MultipartForm>();
  const refuse = (detail: string) => reject(new Problem("malformed", detail));
  let parser: BusboyInstance;
  try {
    parser = new Busboy({
      headers: { "content-type": type },
      limits: {
        ...HEADERS,
        fields: maxFields,
        files: MAX_FILES,
        fieldNameSize: bytes.byteLength,
        fieldSize: bytes.byteLength,
      },
    });
  } catch {
    return Promise.reject(new Problem("malformed", "The Content-Type has no usable boundary."));
  }
  parser.on("field", (name, value) => {
    // What is not UTF-8 has become this character on its way.
    if (name.includes("\ufffd") || value.includes("\ufffd")) refuse("The form is not UTF-8.");
    else form.fields.push({ name, value });
  });
  parser.on("file", (name, stream, fileName, _, mimeType) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      form.files.push({ name, fileName: fileName ?? "", type: mimeType, bytes: Buffer.concat(chunks) });
    });
  });
  parser.on("fieldsLimit", () => refuse(`There are more than ${maxFields} parameters.`));
  parser.on("filesLimit", () => refuse(`There are more than ${MAX_FILES} files.`));
  parser.on("error", () => refuse("The body is no multipart form that ends as it should."));
  parser.on("finish", () => resolve(form));
  parser.end(bytes);
  return promise;
}
