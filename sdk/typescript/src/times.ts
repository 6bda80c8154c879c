/** A time as it goes out. Text is sent as it is: any ISO 8601 will do. */
export function timeOf(time: Date | string): string {
  return typeof time === "string" ? time : time.toISOString();
}
