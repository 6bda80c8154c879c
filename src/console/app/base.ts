/** Where this console is, as the page says that the server made: the page has two `<meta>` for it. */

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** What stands before every path of the server, without a slash at its end; usually nothing. */
export const serverBase: string = meta("koppla-base");

/** Where the console's own pages are. */
export const consoleBase = `${serverBase}/console`;

/** What the page's policy lets style elements carry. It is hidden from selectors, so it is read as a property. */
export const styleNonce: string =
  document.querySelector<HTMLElement>('meta[name="koppla-nonce"]')?.nonce ?? "";

/** The address of this server as partners know it: for calls that are shown to be copied. */
export const serverUrl = (): string => location.origin + serverBase;
